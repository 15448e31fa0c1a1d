package model

// Fields of the records about the process and the capture.

var kvFields = table(&proto.KV,
	str(1, "key", &proto.KV.Key),
	str(2, "value", &proto.KV.Value),
)

var statFields = table(&proto.Stat,
	str(1, "name", &proto.Stat.Name),
	signed(2, "value", &proto.Stat.Value),
)

var moduleFields = table(&proto.Module,
	str(1, "path", &proto.Module.Path),
	str(2, "version", &proto.Module.Version),
	str(3, "sum", &proto.Module.Sum),
	str(4, "replace", &proto.Module.Replace),
)

var metaFields = table(&proto.Meta,
	str(1, "producer", &proto.Meta.Producer),
	blob(2, "uuid", &proto.Meta.UUID),
	signed(3, "time", &proto.Meta.Time),
	signed(4, "monotonic", &proto.Meta.Monotonic),
	str(5, "host", &proto.Meta.Host),
	str(6, "program", &proto.Meta.Program),
	str(7, "exe", &proto.Meta.Exe),
	strs(8, "args", &proto.Meta.Args),
	signed(9, "pid", &proto.Meta.PID),
	signed(10, "ppid", &proto.Meta.PPID),
	signed(11, "uptime", &proto.Meta.Uptime),
	list(12, "env", "kv", kvFields, &proto.Meta.Env),
	list(13, "labels", "kv", kvFields, &proto.Meta.Labels),
	str(14, "go_version", &proto.Meta.GoVersion),
	str(15, "goos", &proto.Meta.GOOS),
	str(16, "goarch", &proto.Meta.GOARCH),
	str(17, "build_id", &proto.Meta.BuildID),
	str(18, "gnu_build_id", &proto.Meta.GNUBuildID),
	str(19, "main_path", &proto.Meta.MainPath),
	str(20, "main_version", &proto.Meta.MainVersion),
	list(21, "modules", "module", moduleFields, &proto.Meta.Modules),
	list(22, "settings", "kv", kvFields, &proto.Meta.Settings),
	signed(23, "gomaxprocs", &proto.Meta.GOMAXPROCS),
	signed(24, "num_cpu", &proto.Meta.NumCPU),
	signed(25, "memory_limit", &proto.Meta.MemoryLimit),
	signed(26, "gogc", &proto.Meta.GOGC),
	list(27, "limits", "kv", kvFields, &proto.Meta.Limits),
	list(28, "memstats", "stat", statFields, &proto.Meta.MemStats),
	str(29, "method", &proto.Meta.Method),
	signed(30, "depth", &proto.Meta.Depth),
	list(31, "options", "kv", kvFields, &proto.Meta.Options),
	boolean(32, "optimized", &proto.Meta.Optimized),
	boolean(33, "has_dwarf", &proto.Meta.HasDWARF),
	strs(34, "missing", &proto.Meta.Missing),
	signed(35, "num_goroutine", &proto.Meta.NumGoroutine),
)

var causeFields = table(&proto.Cause,
	enum(1, "kind", CauseKinds, &proto.Cause.Kind),
	str(2, "text", &proto.Cause.Text),
	str(3, "text_error", &proto.Cause.TextError),
	str(4, "type_name", &proto.Cause.TypeName),
	unsigned(5, "type", &proto.Cause.Type),
	address(6, "addr", &proto.Cause.Addr),
	unsigned(7, "goroutine", &proto.Cause.Goroutine),
	signed(8, "frame", &proto.Cause.Frame),
	signed(9, "ask_frame", &proto.Cause.AskFrame),
	str(10, "signal", &proto.Cause.Signal),
	address(11, "fault_addr", &proto.Cause.FaultAddr),
	str(12, "name", &proto.Cause.Name),
)

var lossFields = table(&proto.Loss,
	str(1, "area", &proto.Loss.Area),
	enum(2, "reason", Reasons, &proto.Loss.Reason),
	signed(3, "count", &proto.Loss.Count),
	str(4, "detail", &proto.Loss.Detail),
)

var statsFields = table(&proto.Stats,
	list(1, "figures", "stat", statFields, &proto.Stats.Figures),
)
