package stack

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// key reads a key. Who may use it (KeyPolicy) and how long its deletion takes are left to AWS: they don't show in what
// an emulator without authorization makes of it.
func (r *reader) key(id string, n *yaml.Node) Key {
	p := r.properties(n, "Description", "KeySpec", "KeyUsage", "EnableKeyRotation", "PendingWindowInDays", "KeyPolicy")
	k := Key{
		LogicalID: id, Description: r.text(p["Description"]),
		Spec: r.oneOf(p["KeySpec"], "SYMMETRIC_DEFAULT",
			"SYMMETRIC_DEFAULT", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519", "RSA_2048", "RSA_3072", "RSA_4096", "HMAC_256"),
		Usage:    r.oneOf(p["KeyUsage"], "ENCRYPT_DECRYPT", "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"),
		Rotation: r.flag(p["EnableKeyRotation"]),
	}
	if k.Rotation && k.Spec != "SYMMETRIC_DEFAULT" {
		r.fail(n, "KMS rotates symmetric keys only")
	}
	if (k.Spec == "SYMMETRIC_DEFAULT") != (k.Usage == "ENCRYPT_DECRYPT") {
		r.fail(n, "a key of KeySpec %s for %s is not understood", k.Spec, k.Usage)
	}
	return k
}

func (r *reader) alias(n *yaml.Node, aliases map[string]string) {
	p := r.properties(n, "AliasName", "TargetKeyId")
	name := r.need(n, p, "AliasName")
	if !strings.HasPrefix(name, "alias/") || strings.HasPrefix(name, "alias/aws/") {
		r.fail(n, `the AliasName %q does not begin with "alias/", or is reserved`, name)
	}
	target := r.resource(p["TargetKeyId"], "AWS::KMS::Key", "", "KeyId", "Arn")
	if target == "" {
		r.fail(n, "needs a TargetKeyId")
	}
	if aliases[target] != "" {
		r.fail(n, "%s has two aliases", target)
	}
	aliases[target] = name
}
