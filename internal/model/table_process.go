package model

import "github.com/gopostmortem/postmortem/mock"

// Fields of the records about the process and the capture.

var kvFields = message[KV]{
	str(1, "key", func(r *KV) *string { return &r.Key }),
	str(2, "value", func(r *KV) *string { return &r.Value }),
}

var statFields = message[Stat]{
	str(1, "name", func(r *Stat) *string { return &r.Name }),
	signed(2, "value", func(r *Stat) *int64 { return &r.Value }),
}

var moduleFields = message[Module]{
	str(1, "path", func(r *Module) *string { return &r.Path }),
	str(2, "version", func(r *Module) *string { return &r.Version }),
	str(3, "sum", func(r *Module) *string { return &r.Sum }),
	str(4, "replace", func(r *Module) *string { return &r.Replace }),
}

var metaFields = message[Meta]{
	str(1, "producer", func(r *Meta) *string { return &r.Producer }),
	blob(2, "uuid", func(r *Meta) *[]byte { return &r.UUID }),
	signed(3, "time", func(r *Meta) *int64 { return &r.Time }),
	signed(4, "monotonic", func(r *Meta) *int64 { return &r.Monotonic }),
	str(5, "host", func(r *Meta) *string { return &r.Host }),
	str(6, "program", func(r *Meta) *string { return &r.Program }),
	str(7, "exe", func(r *Meta) *string { return &r.Exe }),
	strs(8, "args", func(r *Meta) *[]string { return &r.Args }),
	signed(9, "pid", func(r *Meta) *int64 { return &r.PID }),
	signed(10, "ppid", func(r *Meta) *int64 { return &r.PPID }),
	signed(11, "uptime", func(r *Meta) *int64 { return &r.Uptime }),
	list(12, "env", "kv", kvFields, func(r *Meta) *[]KV { return &r.Env }),
	list(13, "labels", "kv", kvFields, func(r *Meta) *[]KV { return &r.Labels }),
	str(14, "go_version", func(r *Meta) *string { return &r.GoVersion }),
	str(15, "goos", func(r *Meta) *string { return &r.GOOS }),
	str(16, "goarch", func(r *Meta) *string { return &r.GOARCH }),
	str(17, "build_id", func(r *Meta) *string { return &r.BuildID }),
	str(18, "gnu_build_id", func(r *Meta) *string { return &r.GNUBuildID }),
	str(19, "main_path", func(r *Meta) *string { return &r.MainPath }),
	str(20, "main_version", func(r *Meta) *string { return &r.MainVersion }),
	list(21, "modules", "module", moduleFields, func(r *Meta) *[]Module { return &r.Modules }),
	list(22, "settings", "kv", kvFields, func(r *Meta) *[]KV { return &r.Settings }),
	signed(23, "gomaxprocs", func(r *Meta) *int64 { return &r.GOMAXPROCS }),
	signed(24, "num_cpu", func(r *Meta) *int64 { return &r.NumCPU }),
	signed(25, "memory_limit", func(r *Meta) *int64 { return &r.MemoryLimit }),
	signed(26, "gogc", func(r *Meta) *int64 { return &r.GOGC }),
	list(27, "limits", "kv", kvFields, func(r *Meta) *[]KV { return &r.Limits }),
	list(28, "memstats", "stat", statFields, func(r *Meta) *[]Stat { return &r.MemStats }),
	str(29, "method", func(r *Meta) *string { return &r.Method }),
	signed(30, "depth", func(r *Meta) *int64 { return &r.Depth }),
	list(31, "options", "kv", kvFields, func(r *Meta) *[]KV { return &r.Options }),
	boolean(32, "optimized", func(r *Meta) *bool { return &r.Optimized }),
	boolean(33, "has_dwarf", func(r *Meta) *bool { return &r.HasDWARF }),
	strs(34, "missing", func(r *Meta) *[]string { return &r.Missing }),
	signed(35, "num_goroutine", func(r *Meta) *int64 { return &r.NumGoroutine }),
}

var causeFields = message[Cause]{
	enum(1, "kind", CauseKinds, func(r *Cause) *CauseKind { return &r.Kind }),
	str(2, "text", func(r *Cause) *string { return &r.Text }),
	str(3, "text_error", func(r *Cause) *string { return &r.TextError }),
	str(4, "type_name", func(r *Cause) *string { return &r.TypeName }),
	unsigned(5, "type", func(r *Cause) *TypeID { return &r.Type }),
	address(6, "addr", func(r *Cause) *uint64 { return &r.Addr }),
	unsigned(7, "goroutine", func(r *Cause) *GoID { return &r.Goroutine }),
	signed(8, "frame", func(r *Cause) *int64 { return &r.Frame }),
	signed(9, "ask_frame", func(r *Cause) *int64 { return &r.AskFrame }),
	str(10, "signal", func(r *Cause) *string { return &r.Signal }),
	address(11, "fault_addr", func(r *Cause) *uint64 { return &r.FaultAddr }),
	str(12, "name", func(r *Cause) *string { return &r.Name }),
}

var lossFields = message[Loss]{
	str(1, "area", func(r *Loss) *string { return &r.Area }),
	enum(2, "reason", Reasons, func(r *Loss) *mock.Reason { return &r.Reason }),
	signed(3, "count", func(r *Loss) *int64 { return &r.Count }),
	str(4, "detail", func(r *Loss) *string { return &r.Detail }),
}

var statsFields = message[Stats]{
	list(1, "figures", "stat", statFields, func(r *Stats) *[]Stat { return &r.Figures }),
}
