# Who may ask OPA what: anybody whether it is well, and A-SOC, by its token, for decisions. Nobody may read or change policies here.
package system.authz

default allow := false

allow if {
	input.method == "GET"
	input.path == ["health"]
}

allow if {
	input.method == "POST"
	input.path[0] == "v1"
	input.path[1] == "data"
	is_asoc
}

# OPA is given the digest of the token only.
is_asoc if crypto.sha256(input.identity) == data.opa_access.token_sha256
