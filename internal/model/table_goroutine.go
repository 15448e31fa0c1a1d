package model

import "unsafe"

// Fields of a goroutine.

var inlineFields = fields{
	signed(1, "frame", unsafe.Offsetof(FrameInline{}.Frame)),
	blob(2, "bytes", unsafe.Offsetof(FrameInline{}.Bytes)),
}

var deferFields = fields{
	signed(1, "frame", unsafe.Offsetof(Defer{}.Frame)),
	unsigned32(2, "func", unsafe.Offsetof(Defer{}.Func)),
	address(3, "closure", unsafe.Offsetof(Defer{}.Closure)),
	address(4, "pc", unsafe.Offsetof(Defer{}.PC)),
	signed(5, "line", unsafe.Offsetof(Defer{}.Line)),
	str(6, "file", unsafe.Offsetof(Defer{}.File)),
	boolean(7, "open", unsafe.Offsetof(Defer{}.Open)),
	boolean(8, "running", unsafe.Offsetof(Defer{}.Running)),
	unsigned32(9, "target", unsafe.Offsetof(Defer{}.Target)),
	address(10, "receiver", unsafe.Offsetof(Defer{}.Receiver)),
}

var panicFields = fields{
	unsigned32(1, "type", unsafe.Offsetof(Panic{}.Type)),
	address(2, "addr", unsafe.Offsetof(Panic{}.Addr)),
	boolean(3, "recovered", unsafe.Offsetof(Panic{}.Recovered)),
	boolean(4, "goexit", unsafe.Offsetof(Panic{}.Goexit)),
	boolean(5, "repanicked", unsafe.Offsetof(Panic{}.Repanicked)),
	signed(6, "frame", unsafe.Offsetof(Panic{}.Frame)),
}

var waitFields = fields{
	address(1, "addr", unsafe.Offsetof(Wait{}.Addr)),
	unsigned32(2, "type", unsafe.Offsetof(Wait{}.Type)),
	str(3, "kind", unsafe.Offsetof(Wait{}.Kind)),
	address(4, "elem", unsafe.Offsetof(Wait{}.Elem)),
	address(5, "object", unsafe.Offsetof(Wait{}.Object)),
	str(6, "object_type", unsafe.Offsetof(Wait{}.ObjectType)),
	signed(7, "until", unsafe.Offsetof(Wait{}.Until)),
}

var cFrameFields = fields{
	address(1, "pc", unsafe.Offsetof(CFrame{}.PC)),
	str(2, "name", unsafe.Offsetof(CFrame{}.Name)),
	str(3, "object", unsafe.Offsetof(CFrame{}.Object)),
	address(4, "offset", unsafe.Offsetof(CFrame{}.Offset)),
	signed(5, "frame", unsafe.Offsetof(CFrame{}.Frame)),
	str(6, "file", unsafe.Offsetof(CFrame{}.File)),
	signed(7, "line", unsafe.Offsetof(CFrame{}.Line)),
}

var goroutineFields = fields{
	unsigned64(1, "id", unsafe.Offsetof(Goroutine{}.ID)),
	enum(2, "status", Statuses, unsafe.Offsetof(Goroutine{}.Status)),
	address(3, "raw_status", unsafe.Offsetof(Goroutine{}.RawStatus)),
	str(4, "wait_reason", unsafe.Offsetof(Goroutine{}.WaitReason)),
	signed(5, "wait_since", unsafe.Offsetof(Goroutine{}.WaitSince)),
	flags(6, "flags", unsafe.Offsetof(Goroutine{}.Flags)),
	signed(7, "thread", unsafe.Offsetof(Goroutine{}.Thread)),
	unsigned64(8, "parent", unsafe.Offsetof(Goroutine{}.Parent)),
	address(9, "created_pc", unsafe.Offsetof(Goroutine{}.CreatedPC)),
	unsigned32(10, "created", unsafe.Offsetof(Goroutine{}.Created)),
	unsigned32(11, "start", unsafe.Offsetof(Goroutine{}.Start)),
	list(12, "labels", &kVList, unsafe.Offsetof(Goroutine{}.Labels)),
	address(13, "stack_lo", unsafe.Offsetof(Goroutine{}.StackLo)),
	address(14, "stack_hi", unsafe.Offsetof(Goroutine{}.StackHi)),
	unsigned32(15, "stack", unsafe.Offsetof(Goroutine{}.Stack)),
	address(16, "base", unsafe.Offsetof(Goroutine{}.Base)),
	data(17, "image", unsafe.Offsetof(Goroutine{}.Image)),
	list(18, "inline", &frameInlineList, unsafe.Offsetof(Goroutine{}.Inline)),
	list(19, "defers", &deferList, unsafe.Offsetof(Goroutine{}.Defers)),
	list(20, "panics", &panicList, unsafe.Offsetof(Goroutine{}.Panics)),
	list(21, "waits", &waitList, unsafe.Offsetof(Goroutine{}.Waits)),
	strs(22, "errors", unsafe.Offsetof(Goroutine{}.Errors)),
	unsigned64(23, "resumer", unsafe.Offsetof(Goroutine{}.Resumer)),
	list(24, "foreign", &cFrameList, unsafe.Offsetof(Goroutine{}.Foreign)),
	address(25, "closure", unsafe.Offsetof(Goroutine{}.Closure)),
}
