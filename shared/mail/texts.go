package mail

// invited is the type of the events whose letters have a link.
const invited = "admin.invited"

// pages are where in the console a letter's link leads.
var pages = map[string]string{Reset: "/reset", invited: "/invitation"}

// text is what a letter says: what happened, and what to do if that was not the reader.
type text struct{ subject, happened, advice string }

const (
	notYou = "If this was not you: somebody else can use your account. Change your password,\n" +
		"end all your sessions (log out everywhere), and tell another admin."
	askAdmin = "If you did not expect this, ask another admin of this stack. The audit trail\n" +
		"has who did it."
	ignore = "If this was not you, you need not do anything: without this letter nobody can\n" +
		"go on. Should you get many of them, tell another admin."
)

// general is for events that have no text of their own.
var general = text{"a security event of your account",
	"There was a security event of your account.", notYou}

// texts by kind of letter or type of event.
var texts = map[string]text{
	Reset: {"set a new password",
		"Somebody, you we hope, asked for a new password for your account. This sets one;\n" +
			"it works once, for an hour at most. Of several such letters the last two\n" +
			"work, until one is used. A second factor is still asked for.", ignore},
	Locked: {"logging in is paused",
		"There were too many wrong attempts to log in to your account, so logging in is\n" +
			"paused. It opens again by itself. Where you logged in before it may go on.",
		"If this was not you: somebody is guessing your password. A long one that you use\n" +
			"nowhere else and a second factor withstand that. Tell another admin."},
	invited: {"you are invited",
		"You are invited to be an admin of this stack. This accepts the invitation; it\n" +
			"works once.",
		"If you did not expect this, do not open it, and ask the person who sent it."},

	"session.reuse_detected": {"a session was ended: its token came twice",
		"A refresh token of your account was used a second time, as happens when it was\n" +
			"stolen. The session was ended, whoever had it. Below is who used it last.",
		"If you did nothing unusual (such as restoring a backup of a program's state):\n" +
			"change your password, end all your sessions, and tell another admin."},

	"admin.role_changed":     {"your role was changed", "Your role was changed. You have to log in again.", askAdmin},
	"admin.disabled":         {"your account was disabled", "Your account was disabled, and all its sessions were ended.", askAdmin},
	"admin.enabled":          {"your account was enabled", "Your account was enabled: you can log in again.", askAdmin},
	"admin.password_changed": {"your password was changed", "Your password was changed. Other sessions of yours were ended.", notYou},
	"admin.password_reset":   {"your password was set anew", "Your password was set anew by a link from a letter. All your sessions were\nended.", notYou},
	"admin.factor_confirmed": {"a second factor was enabled", "A second factor was enabled for your account. Other sessions were ended.", notYou},
	"admin.factor_disabled":  {"your second factor was removed", "The second factor of your account was removed. Other sessions were ended.", notYou},
	"admin.factor_reset": {"your second factor was taken away",
		"Your second factor and its recovery codes were taken away by an owner or an\noperator of this stack. All your sessions were ended. Log in and enrol again.", askAdmin},
	"admin.recovery_code_used": {"a recovery code was used",
		"A recovery code was used in place of your second factor. It works no more.", notYou},
	"admin.recovery_codes_made": {"new recovery codes were made",
		"New recovery codes were made for your account. The ones before work no more.", notYou},
	"admin.sessions_ended": {"your sessions were ended", "All your sessions were ended. You have to log in again.", askAdmin},
	"admin.locked": {"logging in is paused",
		"There were too many wrong attempts to log in to your account, so logging in is\n" +
			"paused. It opens again by itself.", notYou},
}
