package model

import "github.com/gopostmortem/postmortem/mock"

// Fields of the image of memory and of what is keyed by address.

var memoryFields = message[Memory]{
	extents(1, "extents"),
}

var typeWordFields = message[TypeWord]{
	address(1, "addr", func(r *TypeWord) *uint64 { return &r.Addr }),
	unsigned(2, "type", func(r *TypeWord) *TypeID { return &r.Type }),
}

var mapFields = message[MapObj]{
	address(1, "addr", func(r *MapObj) *uint64 { return &r.Addr }),
	unsigned(2, "type", func(r *MapObj) *TypeID { return &r.Type }),
	signed(3, "len", func(r *MapObj) *int64 { return &r.Len }),
	signed(4, "count", func(r *MapObj) *int64 { return &r.Count }),
	address(5, "base", func(r *MapObj) *uint64 { return &r.Base }),
	enum(6, "reason", Reasons, func(r *MapObj) *mock.Reason { return &r.Reason }),
}

var waiterFields = message[Waiter]{
	unsigned(1, "goroutine", func(r *Waiter) *GoID { return &r.Goroutine }),
	address(2, "elem", func(r *Waiter) *uint64 { return &r.Elem }),
}

var chanFields = message[ChanObj]{
	address(1, "addr", func(r *ChanObj) *uint64 { return &r.Addr }),
	unsigned(2, "type", func(r *ChanObj) *TypeID { return &r.Type }),
	signed(3, "len", func(r *ChanObj) *int64 { return &r.Len }),
	signed(4, "cap", func(r *ChanObj) *int64 { return &r.Cap }),
	boolean(5, "closed", func(r *ChanObj) *bool { return &r.Closed }),
	signed(6, "count", func(r *ChanObj) *int64 { return &r.Count }),
	address(7, "base", func(r *ChanObj) *uint64 { return &r.Base }),
	enum(8, "reason", Reasons, func(r *ChanObj) *mock.Reason { return &r.Reason }),
	list(9, "recv", "waiter", waiterFields, func(r *ChanObj) *[]Waiter { return &r.Recv }),
	list(10, "send", "waiter", waiterFields, func(r *ChanObj) *[]Waiter { return &r.Send }),
}

var funcObjFields = message[FuncObj]{
	address(1, "addr", func(r *FuncObj) *uint64 { return &r.Addr }),
	unsigned(2, "func", func(r *FuncObj) *FuncID { return &r.Func }),
	unsigned(3, "context", func(r *FuncObj) *TypeID { return &r.Context }),
}

var stubFields = message[StubObj]{
	address(1, "addr", func(r *StubObj) *uint64 { return &r.Addr }),
	signed(2, "size", func(r *StubObj) *int64 { return &r.Size }),
	unsigned(3, "type", func(r *StubObj) *TypeID { return &r.Type }),
	enum(4, "reason", Reasons, func(r *StubObj) *mock.Reason { return &r.Reason }),
	signed(5, "len", func(r *StubObj) *int64 { return &r.Len }),
	str(6, "detail", func(r *StubObj) *string { return &r.Detail }),
}

var globalFields = message[Global]{
	str(1, "name", func(r *Global) *string { return &r.Name }),
	unsigned(2, "type", func(r *Global) *TypeID { return &r.Type }),
	address(3, "addr", func(r *Global) *uint64 { return &r.Addr }),
}

var sourceFileFields = message[SourceFile]{
	str(1, "path", func(r *SourceFile) *string { return &r.Path }),
	str(2, "found", func(r *SourceFile) *string { return &r.Found }),
	signed(3, "size", func(r *SourceFile) *int64 { return &r.Size }),
	blob(4, "hash", func(r *SourceFile) *[]byte { return &r.Hash }),
	enum(5, "state", SourceStates, func(r *SourceFile) *SourceState { return &r.State }),
	str(6, "reason", func(r *SourceFile) *string { return &r.Reason }),
}

var sourceTextFields = message[SourceText]{
	blob(1, "hash", func(r *SourceText) *[]byte { return &r.Hash }),
	blob(2, "text", func(r *SourceText) *[]byte { return &r.Text }),
}
