package caller

import "slices"

// Role is an admin's. The zero value has no permission.
type Role string

// The roles, a closed set.
const (
	Owner    Role = "owner"
	Manager  Role = "admin"
	Operator Role = "operator"
	Auditor  Role = "auditor"
)

// Permission is what one route needs of an admin.
type Permission string

// The permissions. Enrol is what is left to an admin who has no second factor where the stack asks for one; Self is what
// every other admin may do about the own account.
const (
	Enrol           Permission = "self:enrol"
	Self            Permission = "self"
	AdminRead       Permission = "admin:read"
	AdminWrite      Permission = "admin:write"
	SessionEnd      Permission = "session:end" // another admin's
	WorkspaceRead   Permission = "workspace:read"
	WorkspaceWrite  Permission = "workspace:write"
	KeyRead         Permission = "apikey:read"
	KeyWrite        Permission = "apikey:write"
	CosignerRead    Permission = "cosigner:read"
	CosignerWrite   Permission = "cosigner:write"
	ConnectionRead  Permission = "connection:read"
	ConnectionWrite Permission = "connection:write"
	PolicyRead      Permission = "policy:read"
	PolicyDraft     Permission = "policy:draft"
	PolicyPublish   Permission = "policy:publish"
	AuditRead       Permission = "audit:read"
)

var reads = []Permission{Enrol, Self, AdminRead, WorkspaceRead, KeyRead, CosignerRead, ConnectionRead, PolicyRead, AuditRead}

// grants is the one table from roles to permissions. What is not in it is denied.
var grants = map[Role][]Permission{
	Owner:    append(slices.Clone(reads), AdminWrite, SessionEnd, WorkspaceWrite, KeyWrite, CosignerWrite, ConnectionWrite, PolicyDraft, PolicyPublish),
	Manager:  append(slices.Clone(reads), AdminWrite, SessionEnd, WorkspaceWrite, KeyWrite, CosignerWrite, ConnectionWrite, PolicyDraft, PolicyPublish),
	Operator: append(slices.Clone(reads), KeyWrite, PolicyDraft),
	Auditor:  reads,
}

// Roles lists the closed set, the most powerful first.
func Roles() []Role { return []Role{Owner, Manager, Operator, Auditor} }

// ParseRole reads a stored role; anything unknown is no role.
func ParseRole(text string) (Role, bool) {
	role := Role(text)
	_, known := grants[role]
	return role, known
}

func (r Role) grants(p Permission) bool { return p != "" && slices.Contains(grants[r], p) }
