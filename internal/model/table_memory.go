package model

// Fields of the image of memory and of what is keyed by address.

var memoryFields = table(&proto.Memory,
	extents(1, "extents", &proto.Memory.Extents),
)

var typeWordFields = table(&proto.TypeWord,
	address(1, "addr", &proto.TypeWord.Addr),
	unsigned(2, "type", &proto.TypeWord.Type),
)

var mapFields = table(&proto.MapObj,
	address(1, "addr", &proto.MapObj.Addr),
	unsigned(2, "type", &proto.MapObj.Type),
	signed(3, "len", &proto.MapObj.Len),
	signed(4, "count", &proto.MapObj.Count),
	address(5, "base", &proto.MapObj.Base),
	enum(6, "reason", Reasons, &proto.MapObj.Reason),
)

var waiterFields = table(&proto.Waiter,
	unsigned(1, "goroutine", &proto.Waiter.Goroutine),
	address(2, "elem", &proto.Waiter.Elem),
)

var chanFields = table(&proto.ChanObj,
	address(1, "addr", &proto.ChanObj.Addr),
	unsigned(2, "type", &proto.ChanObj.Type),
	signed(3, "len", &proto.ChanObj.Len),
	signed(4, "cap", &proto.ChanObj.Cap),
	boolean(5, "closed", &proto.ChanObj.Closed),
	signed(6, "count", &proto.ChanObj.Count),
	address(7, "base", &proto.ChanObj.Base),
	enum(8, "reason", Reasons, &proto.ChanObj.Reason),
	list(9, "recv", "waiter", waiterFields, &proto.ChanObj.Recv),
	list(10, "send", "waiter", waiterFields, &proto.ChanObj.Send),
)

var funcObjFields = table(&proto.FuncObj,
	address(1, "addr", &proto.FuncObj.Addr),
	unsigned(2, "func", &proto.FuncObj.Func),
	unsigned(3, "context", &proto.FuncObj.Context),
)

var stubFields = table(&proto.StubObj,
	address(1, "addr", &proto.StubObj.Addr),
	signed(2, "size", &proto.StubObj.Size),
	unsigned(3, "type", &proto.StubObj.Type),
	enum(4, "reason", Reasons, &proto.StubObj.Reason),
	signed(5, "len", &proto.StubObj.Len),
	str(6, "detail", &proto.StubObj.Detail),
)

var globalFields = table(&proto.Global,
	str(1, "name", &proto.Global.Name),
	unsigned(2, "type", &proto.Global.Type),
	address(3, "addr", &proto.Global.Addr),
)

var sourceFileFields = table(&proto.SourceFile,
	str(1, "path", &proto.SourceFile.Path),
	str(2, "found", &proto.SourceFile.Found),
	signed(3, "size", &proto.SourceFile.Size),
	blob(4, "hash", &proto.SourceFile.Hash),
	enum(5, "state", SourceStates, &proto.SourceFile.State),
	str(6, "reason", &proto.SourceFile.Reason),
)

var sourceTextFields = table(&proto.SourceText,
	blob(1, "hash", &proto.SourceText.Hash),
	blob(2, "text", &proto.SourceText.Text),
)
