package model

import "unsafe"

// Fields of the records about the process and the capture.

var kvFields = fields{
	str(1, "key", unsafe.Offsetof(KV{}.Key)),
	str(2, "value", unsafe.Offsetof(KV{}.Value)),
}

var statFields = fields{
	str(1, "name", unsafe.Offsetof(Stat{}.Name)),
	signed(2, "value", unsafe.Offsetof(Stat{}.Value)),
}

var moduleFields = fields{
	str(1, "path", unsafe.Offsetof(Module{}.Path)),
	str(2, "version", unsafe.Offsetof(Module{}.Version)),
	str(3, "sum", unsafe.Offsetof(Module{}.Sum)),
	str(4, "replace", unsafe.Offsetof(Module{}.Replace)),
}

var metaFields = fields{
	str(1, "producer", unsafe.Offsetof(Meta{}.Producer)),
	blob(2, "uuid", unsafe.Offsetof(Meta{}.UUID)),
	signed(3, "time", unsafe.Offsetof(Meta{}.Time)),
	signed(4, "monotonic", unsafe.Offsetof(Meta{}.Monotonic)),
	str(5, "host", unsafe.Offsetof(Meta{}.Host)),
	str(6, "program", unsafe.Offsetof(Meta{}.Program)),
	str(7, "exe", unsafe.Offsetof(Meta{}.Exe)),
	strs(8, "args", unsafe.Offsetof(Meta{}.Args)),
	signed(9, "pid", unsafe.Offsetof(Meta{}.PID)),
	signed(10, "ppid", unsafe.Offsetof(Meta{}.PPID)),
	signed(11, "uptime", unsafe.Offsetof(Meta{}.Uptime)),
	list(12, "env", &kVList, unsafe.Offsetof(Meta{}.Env)),
	list(13, "labels", &kVList, unsafe.Offsetof(Meta{}.Labels)),
	str(14, "go_version", unsafe.Offsetof(Meta{}.GoVersion)),
	str(15, "goos", unsafe.Offsetof(Meta{}.GOOS)),
	str(16, "goarch", unsafe.Offsetof(Meta{}.GOARCH)),
	str(17, "build_id", unsafe.Offsetof(Meta{}.BuildID)),
	str(18, "gnu_build_id", unsafe.Offsetof(Meta{}.GNUBuildID)),
	str(19, "main_path", unsafe.Offsetof(Meta{}.MainPath)),
	str(20, "main_version", unsafe.Offsetof(Meta{}.MainVersion)),
	list(21, "modules", &moduleList, unsafe.Offsetof(Meta{}.Modules)),
	list(22, "settings", &kVList, unsafe.Offsetof(Meta{}.Settings)),
	signed(23, "gomaxprocs", unsafe.Offsetof(Meta{}.GOMAXPROCS)),
	signed(24, "num_cpu", unsafe.Offsetof(Meta{}.NumCPU)),
	signed(25, "memory_limit", unsafe.Offsetof(Meta{}.MemoryLimit)),
	signed(26, "gogc", unsafe.Offsetof(Meta{}.GOGC)),
	list(27, "limits", &kVList, unsafe.Offsetof(Meta{}.Limits)),
	list(28, "memstats", &statList, unsafe.Offsetof(Meta{}.MemStats)),
	str(29, "method", unsafe.Offsetof(Meta{}.Method)),
	signed(30, "depth", unsafe.Offsetof(Meta{}.Depth)),
	list(31, "options", &kVList, unsafe.Offsetof(Meta{}.Options)),
	boolean(32, "optimized", unsafe.Offsetof(Meta{}.Optimized)),
	boolean(33, "has_dwarf", unsafe.Offsetof(Meta{}.HasDWARF)),
	strs(34, "missing", unsafe.Offsetof(Meta{}.Missing)),
	signed(35, "num_goroutine", unsafe.Offsetof(Meta{}.NumGoroutine)),
}

var causeFields = fields{
	enum(1, "kind", CauseKinds, unsafe.Offsetof(Cause{}.Kind)),
	str(2, "text", unsafe.Offsetof(Cause{}.Text)),
	str(3, "text_error", unsafe.Offsetof(Cause{}.TextError)),
	str(4, "type_name", unsafe.Offsetof(Cause{}.TypeName)),
	unsigned32(5, "type", unsafe.Offsetof(Cause{}.Type)),
	address(6, "addr", unsafe.Offsetof(Cause{}.Addr)),
	unsigned64(7, "goroutine", unsafe.Offsetof(Cause{}.Goroutine)),
	signed(8, "frame", unsafe.Offsetof(Cause{}.Frame)),
	signed(9, "ask_frame", unsafe.Offsetof(Cause{}.AskFrame)),
	str(10, "signal", unsafe.Offsetof(Cause{}.Signal)),
	address(11, "fault_addr", unsafe.Offsetof(Cause{}.FaultAddr)),
	str(12, "name", unsafe.Offsetof(Cause{}.Name)),
}

var lossFields = fields{
	str(1, "area", unsafe.Offsetof(Loss{}.Area)),
	enum(2, "reason", Reasons, unsafe.Offsetof(Loss{}.Reason)),
	signed(3, "count", unsafe.Offsetof(Loss{}.Count)),
	str(4, "detail", unsafe.Offsetof(Loss{}.Detail)),
}

var ruleFields = fields{
	enum(1, "origin", RuleOrigins, unsafe.Offsetof(Rule{}.Origin)),
	str(2, "name", unsafe.Offsetof(Rule{}.Name)),
	str(3, "text", unsafe.Offsetof(Rule{}.Text)),
	strs(4, "problems", unsafe.Offsetof(Rule{}.Problems)),
}

var statsFields = fields{
	list(1, "figures", &statList, unsafe.Offsetof(Stats{}.Figures)),
}
