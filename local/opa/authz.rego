# Who may ask OPA what: A-SOC, by its token, may ask for decisions. Nobody may change or read policies and data here; health
# and metrics are on a port of their own.
package system.authz

default allow := false

allow if {
	input.method == "POST"
	input.path[0] == "v1"
	input.path[1] == "data"
	is_asoc
}

# OPA is given the digest of the token only.
is_asoc if crypto.sha256(input.identity) == data.opa_access.token_sha256
