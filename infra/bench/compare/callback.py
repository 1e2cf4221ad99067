"""A callback handler of the shape of the vendor's plugin-based sample: FastAPI under one uvicorn, both keys read from their
files for each request and handed to PyJWT as text, one rule, one answer, nothing stored."""

import os
from decimal import Decimal

import jwt
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse

app = FastAPI()


def allowed(tx):
    return (
        tx["operation"] == "TRANSFER"
        and tx["asset"] == "ETH"
        and tx["destAddressType"] == "WHITELISTED"
        and Decimal(tx["amountStr"]) <= 1
    )


@app.post("/v2/tx_sign_request")
async def tx_sign_request(request: Request):
    with open("callback_private.pem") as private, open("cosigner_public.pem") as public:
        private_key, cosigner_key = private.read(), public.read()
    try:
        tx = jwt.decode(await request.body(), cosigner_key, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401)
    answer = {"action": "APPROVE" if allowed(tx) else "REJECT", "requestId": tx["requestId"]}
    return PlainTextResponse(jwt.encode(answer, private_key, algorithm="RS256"))


uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
