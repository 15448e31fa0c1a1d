package model

// Fields of the definitions: types, functions, locations, stacks.

var fieldFields = table(&proto.Field,
	str(1, "name", &proto.Field.Name),
	unsigned(2, "type", &proto.Field.Type),
	signed(3, "offset", &proto.Field.Offset),
	boolean(4, "embedded", &proto.Field.Embedded),
)

var constFields = table(&proto.Const,
	str(1, "name", &proto.Const.Name),
	signed(2, "value", &proto.Const.Value),
)

var typeFields = table(&proto.Type,
	unsigned(1, "id", &proto.Type.ID),
	enum(2, "kind", Kinds, &proto.Type.Kind),
	flags(3, "flags", &proto.Type.Flags),
	str(4, "name", &proto.Type.Name),
	signed(5, "size", &proto.Type.Size),
	unsigned(6, "elem", &proto.Type.Elem),
	unsigned(7, "key", &proto.Type.Key),
	signed(8, "len", &proto.Type.Len),
	unsigned(9, "dir", &proto.Type.Dir),
	list(10, "fields", "field", fieldFields, &proto.Type.Fields),
	numbers(11, "in", &proto.Type.In),
	numbers(12, "out", &proto.Type.Out),
	strs(13, "methods", &proto.Type.Methods),
	list(14, "consts", "const", constFields, &proto.Type.Consts),
	address(15, "rtype", &proto.Type.RType),
)

var funcFields = table(&proto.Func,
	unsigned(1, "id", &proto.Func.ID),
	str(2, "name", &proto.Func.Name),
	str(3, "package", &proto.Func.Package),
	str(4, "file", &proto.Func.File),
	signed(5, "start_line", &proto.Func.StartLine),
	address(6, "entry", &proto.Func.Entry),
	flags(7, "flags", &proto.Func.Flags),
)

var varFields = table(&proto.Var,
	str(1, "name", &proto.Var.Name),
	unsigned(2, "type", &proto.Var.Type),
	enum(3, "kind", VarKinds, &proto.Var.Kind),
	flags(4, "flags", &proto.Var.Flags),
	signed(5, "decl_line", &proto.Var.DeclLine),
	signed(6, "scope", &proto.Var.Scope),
	enum(7, "place", Places, &proto.Var.Place),
	signed(8, "off", &proto.Var.Off),
	blob(9, "const", &proto.Var.Const),
	enum(10, "reason", Reasons, &proto.Var.Reason),
)

var locFrameFields = table(&proto.LocFrame,
	unsigned(1, "func", &proto.LocFrame.Func),
	str(2, "file", &proto.LocFrame.File),
	signed(3, "line", &proto.LocFrame.Line),
	boolean(4, "inlined", &proto.LocFrame.Inlined),
	boolean(5, "hidden", &proto.LocFrame.Hidden),
	list(6, "vars", "var", varFields, &proto.LocFrame.Vars),
	enum(7, "reason", Reasons, &proto.LocFrame.Reason),
)

var locFields = table(&proto.Loc,
	unsigned(1, "id", &proto.Loc.ID),
	address(2, "pc", &proto.Loc.PC),
	list(3, "frames", "locframe", locFrameFields, &proto.Loc.Frames),
)

var stackFrameFields = table(&proto.StackFrame,
	unsigned(1, "loc", &proto.StackFrame.Loc),
	signed(2, "cfa", &proto.StackFrame.CFA),
	signed(3, "sp", &proto.StackFrame.SP),
)

var spanFields = table(&proto.Span,
	signed(1, "off", &proto.Span.Off),
	signed(2, "len", &proto.Span.Len),
)

var stackFields = table(&proto.Stack,
	unsigned(1, "id", &proto.Stack.ID),
	list(2, "frames", "stackframe", stackFrameFields, &proto.Stack.Frames),
	list(3, "spans", "span", spanFields, &proto.Stack.Spans),
	signed(4, "elided_at", &proto.Stack.ElidedAt),
	signed(5, "elided", &proto.Stack.Elided),
)
