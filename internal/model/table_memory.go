package model

import "unsafe"

// Fields of the image of memory and of what is keyed by address.

var memoryFields = fields{
	extents(1, "extents", unsafe.Offsetof(Memory{}.Extents)),
}

var typeWordFields = fields{
	address(1, "addr", unsafe.Offsetof(TypeWord{}.Addr)),
	unsigned32(2, "type", unsafe.Offsetof(TypeWord{}.Type)),
}

var mapFields = fields{
	address(1, "addr", unsafe.Offsetof(MapObj{}.Addr)),
	unsigned32(2, "type", unsafe.Offsetof(MapObj{}.Type)),
	signed(3, "len", unsafe.Offsetof(MapObj{}.Len)),
	signed(4, "count", unsafe.Offsetof(MapObj{}.Count)),
	address(5, "base", unsafe.Offsetof(MapObj{}.Base)),
	enum(6, "reason", Reasons, unsafe.Offsetof(MapObj{}.Reason)),
}

var waiterFields = fields{
	unsigned64(1, "goroutine", unsafe.Offsetof(Waiter{}.Goroutine)),
	address(2, "elem", unsafe.Offsetof(Waiter{}.Elem)),
}

var chanFields = fields{
	address(1, "addr", unsafe.Offsetof(ChanObj{}.Addr)),
	unsigned32(2, "type", unsafe.Offsetof(ChanObj{}.Type)),
	signed(3, "len", unsafe.Offsetof(ChanObj{}.Len)),
	signed(4, "cap", unsafe.Offsetof(ChanObj{}.Cap)),
	boolean(5, "closed", unsafe.Offsetof(ChanObj{}.Closed)),
	signed(6, "count", unsafe.Offsetof(ChanObj{}.Count)),
	address(7, "base", unsafe.Offsetof(ChanObj{}.Base)),
	enum(8, "reason", Reasons, unsafe.Offsetof(ChanObj{}.Reason)),
	list(9, "recv", &waiterList, unsafe.Offsetof(ChanObj{}.Recv)),
	list(10, "send", &waiterList, unsafe.Offsetof(ChanObj{}.Send)),
	signed(11, "when", unsafe.Offsetof(ChanObj{}.When)),
	signed(12, "period", unsafe.Offsetof(ChanObj{}.Period)),
}

var funcObjFields = fields{
	address(1, "addr", unsafe.Offsetof(FuncObj{}.Addr)),
	unsigned32(2, "func", unsafe.Offsetof(FuncObj{}.Func)),
	unsigned32(3, "context", unsafe.Offsetof(FuncObj{}.Context)),
}

var stubFields = fields{
	address(1, "addr", unsafe.Offsetof(StubObj{}.Addr)),
	signed(2, "size", unsafe.Offsetof(StubObj{}.Size)),
	unsigned32(3, "type", unsafe.Offsetof(StubObj{}.Type)),
	enum(4, "reason", Reasons, unsafe.Offsetof(StubObj{}.Reason)),
	signed(5, "len", unsafe.Offsetof(StubObj{}.Len)),
	str(6, "detail", unsafe.Offsetof(StubObj{}.Detail)),
}

var globalFields = fields{
	str(1, "name", unsafe.Offsetof(Global{}.Name)),
	unsigned32(2, "type", unsafe.Offsetof(Global{}.Type)),
	address(3, "addr", unsafe.Offsetof(Global{}.Addr)),
}

var sourceFileFields = fields{
	str(1, "path", unsafe.Offsetof(SourceFile{}.Path)),
	str(2, "found", unsafe.Offsetof(SourceFile{}.Found)),
	signed(3, "size", unsafe.Offsetof(SourceFile{}.Size)),
	blob(4, "hash", unsafe.Offsetof(SourceFile{}.Hash)),
	enum(5, "state", SourceStates, unsafe.Offsetof(SourceFile{}.State)),
	str(6, "reason", unsafe.Offsetof(SourceFile{}.Reason)),
}

var sourceTextFields = fields{
	blob(1, "hash", unsafe.Offsetof(SourceText{}.Hash)),
	blob(2, "text", unsafe.Offsetof(SourceText{}.Text)),
}
