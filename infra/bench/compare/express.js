// A callback handler as the vendor's guide builds one ("Validate ETH raw transactions"): Express and jsonwebtoken, keys read
// at start, one rule, one answer, nothing stored.
const fs = require("fs");
const express = require("express");
const jwt = require("jsonwebtoken");

const privateKey = fs.readFileSync("callback_private.pem");
const cosignerKey = fs.readFileSync("cosigner_public.pem");

const allowed = (tx) =>
  tx.operation === "TRANSFER" && tx.asset === "ETH" && tx.destAddressType === "WHITELISTED" && Number(tx.amountStr) <= 1;

const app = express();
app.post("/v2/tx_sign_request", express.text({ type: () => true, limit: "256kb" }), (req, res) => {
  let tx;
  try {
    tx = jwt.verify(req.body, cosignerKey, { algorithms: ["RS256"] });
  } catch {
    return res.sendStatus(401);
  }
  const answer = { action: allowed(tx) ? "APPROVE" : "REJECT", requestId: tx.requestId };
  res.type("text/plain").send(jwt.sign(answer, privateKey, { algorithm: "RS256", noTimestamp: true }));
});
app.listen(Number(process.env.PORT), "127.0.0.1");
