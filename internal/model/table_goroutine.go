package model

// Fields of a goroutine.

var inlineFields = message[FrameInline]{
	signed(1, "frame", func(r *FrameInline) *int64 { return &r.Frame }),
	blob(2, "bytes", func(r *FrameInline) *[]byte { return &r.Bytes }),
}

var deferFields = message[Defer]{
	signed(1, "frame", func(r *Defer) *int64 { return &r.Frame }),
	unsigned(2, "func", func(r *Defer) *FuncID { return &r.Func }),
	address(3, "closure", func(r *Defer) *uint64 { return &r.Closure }),
	address(4, "pc", func(r *Defer) *uint64 { return &r.PC }),
	signed(5, "line", func(r *Defer) *int64 { return &r.Line }),
	str(6, "file", func(r *Defer) *string { return &r.File }),
	boolean(7, "open", func(r *Defer) *bool { return &r.Open }),
	boolean(8, "running", func(r *Defer) *bool { return &r.Running }),
}

var panicFields = message[Panic]{
	unsigned(1, "type", func(r *Panic) *TypeID { return &r.Type }),
	address(2, "addr", func(r *Panic) *uint64 { return &r.Addr }),
	boolean(3, "recovered", func(r *Panic) *bool { return &r.Recovered }),
	boolean(4, "goexit", func(r *Panic) *bool { return &r.Goexit }),
	boolean(5, "repanicked", func(r *Panic) *bool { return &r.Repanicked }),
	signed(6, "frame", func(r *Panic) *int64 { return &r.Frame }),
}

var waitFields = message[Wait]{
	address(1, "addr", func(r *Wait) *uint64 { return &r.Addr }),
	unsigned(2, "type", func(r *Wait) *TypeID { return &r.Type }),
	str(3, "kind", func(r *Wait) *string { return &r.Kind }),
	address(4, "elem", func(r *Wait) *uint64 { return &r.Elem }),
}

var goroutineFields = message[Goroutine]{
	unsigned(1, "id", func(r *Goroutine) *GoID { return &r.ID }),
	enum(2, "status", Statuses, func(r *Goroutine) *Status { return &r.Status }),
	address(3, "raw_status", func(r *Goroutine) *uint64 { return &r.RawStatus }),
	str(4, "wait_reason", func(r *Goroutine) *string { return &r.WaitReason }),
	signed(5, "wait_since", func(r *Goroutine) *int64 { return &r.WaitSince }),
	flags(6, "flags", func(r *Goroutine) *uint64 { return &r.Flags }),
	signed(7, "thread", func(r *Goroutine) *int64 { return &r.Thread }),
	unsigned(8, "parent", func(r *Goroutine) *GoID { return &r.Parent }),
	address(9, "created_pc", func(r *Goroutine) *uint64 { return &r.CreatedPC }),
	unsigned(10, "created", func(r *Goroutine) *LocID { return &r.Created }),
	unsigned(11, "start", func(r *Goroutine) *FuncID { return &r.Start }),
	list(12, "labels", "kv", kvFields, func(r *Goroutine) *[]KV { return &r.Labels }),
	address(13, "stack_lo", func(r *Goroutine) *uint64 { return &r.StackLo }),
	address(14, "stack_hi", func(r *Goroutine) *uint64 { return &r.StackHi }),
	unsigned(15, "stack", func(r *Goroutine) *StackID { return &r.Stack }),
	address(16, "base", func(r *Goroutine) *uint64 { return &r.Base }),
	data(17, "image", func(r *Goroutine) *[]byte { return &r.Image }),
	list(18, "inline", "inline", inlineFields, func(r *Goroutine) *[]FrameInline { return &r.Inline }),
	list(19, "defers", "defer", deferFields, func(r *Goroutine) *[]Defer { return &r.Defers }),
	list(20, "panics", "panic", panicFields, func(r *Goroutine) *[]Panic { return &r.Panics }),
	list(21, "waits", "wait", waitFields, func(r *Goroutine) *[]Wait { return &r.Waits }),
	strs(22, "errors", func(r *Goroutine) *[]string { return &r.Errors }),
}
