package model

// Fields of a goroutine.

var inlineFields = table(&proto.FrameInline,
	signed(1, "frame", &proto.FrameInline.Frame),
	blob(2, "bytes", &proto.FrameInline.Bytes),
)

var deferFields = table(&proto.Defer,
	signed(1, "frame", &proto.Defer.Frame),
	unsigned(2, "func", &proto.Defer.Func),
	address(3, "closure", &proto.Defer.Closure),
	address(4, "pc", &proto.Defer.PC),
	signed(5, "line", &proto.Defer.Line),
	str(6, "file", &proto.Defer.File),
	boolean(7, "open", &proto.Defer.Open),
	boolean(8, "running", &proto.Defer.Running),
)

var panicFields = table(&proto.Panic,
	unsigned(1, "type", &proto.Panic.Type),
	address(2, "addr", &proto.Panic.Addr),
	boolean(3, "recovered", &proto.Panic.Recovered),
	boolean(4, "goexit", &proto.Panic.Goexit),
	boolean(5, "repanicked", &proto.Panic.Repanicked),
	signed(6, "frame", &proto.Panic.Frame),
)

var waitFields = table(&proto.Wait,
	address(1, "addr", &proto.Wait.Addr),
	unsigned(2, "type", &proto.Wait.Type),
	str(3, "kind", &proto.Wait.Kind),
	address(4, "elem", &proto.Wait.Elem),
)

var goroutineFields = table(&proto.Goroutine,
	unsigned(1, "id", &proto.Goroutine.ID),
	enum(2, "status", Statuses, &proto.Goroutine.Status),
	address(3, "raw_status", &proto.Goroutine.RawStatus),
	str(4, "wait_reason", &proto.Goroutine.WaitReason),
	signed(5, "wait_since", &proto.Goroutine.WaitSince),
	flags(6, "flags", &proto.Goroutine.Flags),
	signed(7, "thread", &proto.Goroutine.Thread),
	unsigned(8, "parent", &proto.Goroutine.Parent),
	address(9, "created_pc", &proto.Goroutine.CreatedPC),
	unsigned(10, "created", &proto.Goroutine.Created),
	unsigned(11, "start", &proto.Goroutine.Start),
	list(12, "labels", "kv", kvFields, &proto.Goroutine.Labels),
	address(13, "stack_lo", &proto.Goroutine.StackLo),
	address(14, "stack_hi", &proto.Goroutine.StackHi),
	unsigned(15, "stack", &proto.Goroutine.Stack),
	address(16, "base", &proto.Goroutine.Base),
	data(17, "image", &proto.Goroutine.Image),
	list(18, "inline", "inline", inlineFields, &proto.Goroutine.Inline),
	list(19, "defers", "defer", deferFields, &proto.Goroutine.Defers),
	list(20, "panics", "panic", panicFields, &proto.Goroutine.Panics),
	list(21, "waits", "wait", waitFields, &proto.Goroutine.Waits),
	strs(22, "errors", &proto.Goroutine.Errors),
)
