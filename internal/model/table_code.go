package model

import "github.com/gopostmortem/postmortem/mock"

// Fields of the definitions: types, functions, locations, stacks.

var fieldFields = message[Field]{
	str(1, "name", func(r *Field) *string { return &r.Name }),
	unsigned(2, "type", func(r *Field) *TypeID { return &r.Type }),
	signed(3, "offset", func(r *Field) *int64 { return &r.Offset }),
	boolean(4, "embedded", func(r *Field) *bool { return &r.Embedded }),
}

var constFields = message[Const]{
	str(1, "name", func(r *Const) *string { return &r.Name }),
	signed(2, "value", func(r *Const) *int64 { return &r.Value }),
}

var typeFields = message[Type]{
	unsigned(1, "id", func(r *Type) *TypeID { return &r.ID }),
	enum(2, "kind", Kinds, func(r *Type) *Kind { return &r.Kind }),
	flags(3, "flags", func(r *Type) *uint64 { return &r.Flags }),
	str(4, "name", func(r *Type) *string { return &r.Name }),
	signed(5, "size", func(r *Type) *int64 { return &r.Size }),
	unsigned(6, "elem", func(r *Type) *TypeID { return &r.Elem }),
	unsigned(7, "key", func(r *Type) *TypeID { return &r.Key }),
	signed(8, "len", func(r *Type) *int64 { return &r.Len }),
	unsigned(9, "dir", func(r *Type) *uint64 { return &r.Dir }),
	list(10, "fields", "field", fieldFields, func(r *Type) *[]Field { return &r.Fields }),
	numbers(11, "in", func(r *Type) *[]TypeID { return &r.In }),
	numbers(12, "out", func(r *Type) *[]TypeID { return &r.Out }),
	strs(13, "methods", func(r *Type) *[]string { return &r.Methods }),
	list(14, "consts", "const", constFields, func(r *Type) *[]Const { return &r.Consts }),
	address(15, "rtype", func(r *Type) *uint64 { return &r.RType }),
}

var funcFields = message[Func]{
	unsigned(1, "id", func(r *Func) *FuncID { return &r.ID }),
	str(2, "name", func(r *Func) *string { return &r.Name }),
	str(3, "package", func(r *Func) *string { return &r.Package }),
	str(4, "file", func(r *Func) *string { return &r.File }),
	signed(5, "start_line", func(r *Func) *int64 { return &r.StartLine }),
	address(6, "entry", func(r *Func) *uint64 { return &r.Entry }),
	flags(7, "flags", func(r *Func) *uint64 { return &r.Flags }),
}

var varFields = message[Var]{
	str(1, "name", func(r *Var) *string { return &r.Name }),
	unsigned(2, "type", func(r *Var) *TypeID { return &r.Type }),
	enum(3, "kind", VarKinds, func(r *Var) *VarKind { return &r.Kind }),
	flags(4, "flags", func(r *Var) *uint64 { return &r.Flags }),
	signed(5, "decl_line", func(r *Var) *int64 { return &r.DeclLine }),
	signed(6, "scope", func(r *Var) *int64 { return &r.Scope }),
	enum(7, "place", Places, func(r *Var) *Place { return &r.Place }),
	signed(8, "off", func(r *Var) *int64 { return &r.Off }),
	blob(9, "const", func(r *Var) *[]byte { return &r.Const }),
	enum(10, "reason", Reasons, func(r *Var) *mock.Reason { return &r.Reason }),
}

var locFrameFields = message[LocFrame]{
	unsigned(1, "func", func(r *LocFrame) *FuncID { return &r.Func }),
	str(2, "file", func(r *LocFrame) *string { return &r.File }),
	signed(3, "line", func(r *LocFrame) *int64 { return &r.Line }),
	boolean(4, "inlined", func(r *LocFrame) *bool { return &r.Inlined }),
	boolean(5, "hidden", func(r *LocFrame) *bool { return &r.Hidden }),
	list(6, "vars", "var", varFields, func(r *LocFrame) *[]Var { return &r.Vars }),
	enum(7, "reason", Reasons, func(r *LocFrame) *mock.Reason { return &r.Reason }),
}

var locFields = message[Loc]{
	unsigned(1, "id", func(r *Loc) *LocID { return &r.ID }),
	address(2, "pc", func(r *Loc) *uint64 { return &r.PC }),
	list(3, "frames", "locframe", locFrameFields, func(r *Loc) *[]LocFrame { return &r.Frames }),
}

var stackFrameFields = message[StackFrame]{
	unsigned(1, "loc", func(r *StackFrame) *LocID { return &r.Loc }),
	signed(2, "cfa", func(r *StackFrame) *int64 { return &r.CFA }),
	signed(3, "sp", func(r *StackFrame) *int64 { return &r.SP }),
}

var spanFields = message[Span]{
	signed(1, "off", func(r *Span) *int64 { return &r.Off }),
	signed(2, "len", func(r *Span) *int64 { return &r.Len }),
}

var stackFields = message[Stack]{
	unsigned(1, "id", func(r *Stack) *StackID { return &r.ID }),
	list(2, "frames", "stackframe", stackFrameFields, func(r *Stack) *[]StackFrame { return &r.Frames }),
	list(3, "spans", "span", spanFields, func(r *Stack) *[]Span { return &r.Spans }),
	signed(4, "elided_at", func(r *Stack) *int64 { return &r.ElidedAt }),
	signed(5, "elided", func(r *Stack) *int64 { return &r.Elided }),
}
