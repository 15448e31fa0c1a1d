package model

import "unsafe"

// Fields of the definitions: types, functions, locations, stacks.

var fieldFields = fields{
	str(1, "name", unsafe.Offsetof(Field{}.Name)),
	unsigned32(2, "type", unsafe.Offsetof(Field{}.Type)),
	signed(3, "offset", unsafe.Offsetof(Field{}.Offset)),
	boolean(4, "embedded", unsafe.Offsetof(Field{}.Embedded)),
}

var constFields = fields{
	str(1, "name", unsafe.Offsetof(Const{}.Name)),
	signed(2, "value", unsafe.Offsetof(Const{}.Value)),
}

var typeFields = fields{
	unsigned32(1, "id", unsafe.Offsetof(Type{}.ID)),
	enum(2, "kind", Kinds, unsafe.Offsetof(Type{}.Kind)),
	flags(3, "flags", unsafe.Offsetof(Type{}.Flags)),
	str(4, "name", unsafe.Offsetof(Type{}.Name)),
	signed(5, "size", unsafe.Offsetof(Type{}.Size)),
	unsigned32(6, "elem", unsafe.Offsetof(Type{}.Elem)),
	unsigned32(7, "key", unsafe.Offsetof(Type{}.Key)),
	signed(8, "len", unsafe.Offsetof(Type{}.Len)),
	unsigned64(9, "dir", unsafe.Offsetof(Type{}.Dir)),
	list(10, "fields", &fieldList, unsafe.Offsetof(Type{}.Fields)),
	numbers(11, "in", unsafe.Offsetof(Type{}.In)),
	numbers(12, "out", unsafe.Offsetof(Type{}.Out)),
	strs(13, "methods", unsafe.Offsetof(Type{}.Methods)),
	list(14, "consts", &constList, unsafe.Offsetof(Type{}.Consts)),
	address(15, "rtype", unsafe.Offsetof(Type{}.RType)),
}

var funcFields = fields{
	unsigned32(1, "id", unsafe.Offsetof(Func{}.ID)),
	str(2, "name", unsafe.Offsetof(Func{}.Name)),
	str(3, "package", unsafe.Offsetof(Func{}.Package)),
	str(4, "file", unsafe.Offsetof(Func{}.File)),
	signed(5, "start_line", unsafe.Offsetof(Func{}.StartLine)),
	address(6, "entry", unsafe.Offsetof(Func{}.Entry)),
	flags(7, "flags", unsafe.Offsetof(Func{}.Flags)),
}

var varFields = fields{
	str(1, "name", unsafe.Offsetof(Var{}.Name)),
	unsigned32(2, "type", unsafe.Offsetof(Var{}.Type)),
	enum(3, "kind", VarKinds, unsafe.Offsetof(Var{}.Kind)),
	flags(4, "flags", unsafe.Offsetof(Var{}.Flags)),
	signed(5, "decl_line", unsafe.Offsetof(Var{}.DeclLine)),
	signed(6, "scope", unsafe.Offsetof(Var{}.Scope)),
	enum(7, "place", Places, unsafe.Offsetof(Var{}.Place)),
	signed(8, "off", unsafe.Offsetof(Var{}.Off)),
	blob(9, "const", unsafe.Offsetof(Var{}.Const)),
	enum(10, "reason", Reasons, unsafe.Offsetof(Var{}.Reason)),
	list(11, "lost", &spanList, unsafe.Offsetof(Var{}.Lost)),
	list(12, "set", &spanList, unsafe.Offsetof(Var{}.Set)),
}

var locFrameFields = fields{
	unsigned32(1, "func", unsafe.Offsetof(LocFrame{}.Func)),
	str(2, "file", unsafe.Offsetof(LocFrame{}.File)),
	signed(3, "line", unsafe.Offsetof(LocFrame{}.Line)),
	boolean(4, "inlined", unsafe.Offsetof(LocFrame{}.Inlined)),
	boolean(5, "hidden", unsafe.Offsetof(LocFrame{}.Hidden)),
	list(6, "vars", &varList, unsafe.Offsetof(LocFrame{}.Vars)),
	enum(7, "reason", Reasons, unsafe.Offsetof(LocFrame{}.Reason)),
}

var locFields = fields{
	unsigned32(1, "id", unsafe.Offsetof(Loc{}.ID)),
	address(2, "pc", unsafe.Offsetof(Loc{}.PC)),
	list(3, "frames", &locFrameList, unsafe.Offsetof(Loc{}.Frames)),
}

var stackFrameFields = fields{
	unsigned32(1, "loc", unsafe.Offsetof(StackFrame{}.Loc)),
	signed(2, "cfa", unsafe.Offsetof(StackFrame{}.CFA)),
	signed(3, "sp", unsafe.Offsetof(StackFrame{}.SP)),
}

var spanFields = fields{
	signed(1, "off", unsafe.Offsetof(Span{}.Off)),
	signed(2, "len", unsafe.Offsetof(Span{}.Len)),
}

var stackFields = fields{
	unsigned32(1, "id", unsafe.Offsetof(Stack{}.ID)),
	list(2, "frames", &stackFrameList, unsafe.Offsetof(Stack{}.Frames)),
	list(3, "spans", &spanList, unsafe.Offsetof(Stack{}.Spans)),
	signed(4, "elided_at", unsafe.Offsetof(Stack{}.ElidedAt)),
	signed(5, "elided", unsafe.Offsetof(Stack{}.Elided)),
}
