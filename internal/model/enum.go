package model

// Enum names the values of an enumeration as the text twin and SPEC.md write them.
type Enum struct {
	Name   string
	Values []string // by number
}

func (e *Enum) append(b []byte, v uint8) []byte {
	if int(v) < len(e.Values) {
		return append(b, e.Values[v]...)
	}
	return appendUint(b, uint64(v))
}

// The enumerations (SPEC §6.3). New values are added at the end.
var (
	CauseKinds = &Enum{"causekind", []string{"none", "panic", "error", "value", "goexit", "fatal", "snapshot"}}
	Kinds      = &Enum{"kind", []string{
		"invalid", "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
		"uintptr", "float32", "float64", "complex64", "complex128", "array", "chan", "func", "interface", "map",
		"pointer", "slice", "string", "struct", "unsafepointer",
	}}
	VarKinds = &Enum{"varkind", []string{"local", "param", "result", "captured", "global"}}
	Places   = &Enum{"place", []string{"none", "cfa", "abs", "regs", "const", "parts"}}
	Statuses = &Enum{"status", []string{
		"unknown", "idle", "runnable", "running", "syscall", "waiting", "dead", "copystack", "preempted", "leaked", "deadextra",
	}}
	SourceStates = &Enum{"sourcestate", []string{"absent", "embedded", "disabled", "stale"}}
	Reasons      = &Enum{"reason", []string{
		"unknown", "depthlimit", "bytelimit", "objectlimit", "elementlimit", "stringlimit", "timelimit", "unreadable",
		"optimizedout", "nodwarf", "untyped", "foreign", "unsupported", "corrupt", "damaged", "redacted", "disabled", "dead",
		"stale",
	}}
	RuleOrigins = &Enum{"ruleorigin", []string{"unknown", "program", "library"}}
	Enums       = []*Enum{CauseKinds, Kinds, VarKinds, Places, Statuses, SourceStates, Reasons, RuleOrigins}
)
