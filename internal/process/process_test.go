package process

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/model"
)

func TestDescribe(t *testing.T) {
	t.Setenv("POSTMORTEM_SECRET", "s3cret")
	t.Setenv("POSTMORTEM_WANTED", "w")
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40))
	runtime.GC()
	before := time.Now().UnixNano()
	m := Describe([]string{"POSTMORTEM_WANTED", "POSTMORTEM_UNSET"}, true)
	if len(m.Env) != 1 || m.Env[0] != (model.KV{Key: "POSTMORTEM_WANTED", Value: "w"}) {
		t.Errorf("environment %v, want the one variable that was asked for", m.Env)
	}
	if m.GOGC != 77 || m.MemoryLimit != 1<<40 {
		t.Errorf("GOGC %d, limit %d, want 77, %d", m.GOGC, m.MemoryLimit, 1<<40)
	}
	if m.Time < before || m.PID != int64(os.Getpid()) || m.PPID != int64(os.Getppid()) || len(m.UUID) != 16 {
		t.Errorf("time %d, pid %d, ppid %d, uuid %x", m.Time, m.PID, m.PPID, m.UUID)
	}
	if m.GoVersion != runtime.Version() || m.GOOS != runtime.GOOS || m.NumCPU < 1 || m.GOMAXPROCS < 1 || m.Exe == "" || len(m.Args) != len(os.Args) {
		t.Errorf("%+v", m)
	}
	if !strings.HasPrefix(m.Program, "process.test") {
		t.Errorf("program %q, want process.test", m.Program)
	}
	figures := map[string]int64{}
	for _, s := range m.MemStats {
		figures[s.Name] = s.Value
	}
	for _, name := range []string{"HeapAlloc", "HeapInuse", "HeapSys", "HeapObjects", "StackInuse", "Sys", "TotalAlloc", "Mallocs", "NextGC", "NumGC", "LastGC"} {
		if figures[name] <= 0 {
			t.Errorf("%s is %d", name, figures[name])
		}
	}
	if m := Describe(nil, false); len(m.Args) > 1 || len(m.Env) != 0 {
		t.Errorf("without arguments: %q, environment %v", m.Args, m.Env)
	}
}

// The figures are those of runtime.MemStats, where nothing moves meanwhile.
func TestFiguresAreMemStats(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	d := describer{&model.Meta{}}
	d.memory()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	if d.GOGC != -1 {
		t.Errorf("GOGC %d when it is off, want -1", d.GOGC)
	}
	want := map[string]uint64{
		"HeapAlloc": ms.HeapAlloc, "HeapInuse": ms.HeapInuse, "HeapSys": ms.HeapSys, "Sys": ms.Sys, "TotalAlloc": ms.TotalAlloc,
		"Mallocs": ms.Mallocs, "Frees": ms.Frees, "NumGC": uint64(ms.NumGC), "NumForcedGC": uint64(ms.NumForcedGC), "PauseTotalNs": ms.PauseTotalNs,
		"LastGC": ms.LastGC, "StackInuse": ms.StackInuse, "NextGC": ms.NextGC, "HeapObjects": ms.HeapObjects,
	}
	compared := 0
	for _, s := range d.MemStats {
		if w, ok := want[s.Name]; ok {
			compared++
			if off := math.Abs(float64(s.Value) - float64(w)); off > 0.1*float64(w)+4096 {
				t.Errorf("%s = %d, runtime.MemStats has %d", s.Name, s.Value, w)
			}
		}
	}
	if compared != len(want) {
		t.Errorf("%d figures compared, want %d", compared, len(want))
	}
}

// The identifiers are those that the go command and the linker know.
func TestBuildIDs(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "buildid", exe).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(out))
	if got := buildIDs(); got.goID != want || got.err != nil {
		t.Errorf("build ID %q, %v, want %q", got.goID, got.err, want)
	}
}

func TestReadIDs(t *testing.T) {
	elfNote := func(typ uint32, name, content string) []byte {
		b := binary.LittleEndian.AppendUint32(nil, uint32(len(name)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
		b = binary.LittleEndian.AppendUint32(b, typ)
		return append(append(b, name...), content...)
	}
	tests := []struct {
		name    string
		file    []byte
		goID    string
		gnuID   string
		problem bool
	}{
		{"ELF", bytes.Join([][]byte{[]byte("\x7fELF"), elfNote(3, "GNU\x00", "\xab\xcd"), []byte("Go\x00\x00 decoy"), elfNote(4, "Go\x00\x00", "a/b")}, nil), "a/b", "abcd", false},
		{"other", []byte("MZ....\xff Go build ID: \"x/y\"\n \xff...."), "x/y", "", false},
		{"none", []byte("MZ"), "", "", true},
		{"empty", nil, "", "", true},
		{"name first", []byte("Go\x00\x00GNU\x00"), "", "", true},
		{"size beyond the end", elfNote(4, "Go\x00\x00", "abc")[:17], "", "", true},
	}
	for _, tt := range tests {
		got := readIDs(bytes.NewReader(tt.file))
		if got.goID != tt.goID || got.gnuID != tt.gnuID || (got.err != nil) != tt.problem {
			t.Errorf("%s: %+v, want %q, %q, error %v", tt.name, got, tt.goID, tt.gnuID, tt.problem)
		}
	}
}

func TestBuildInfo(t *testing.T) {
	d := describer{&model.Meta{}}
	d.fromBuildInfo(&debug.BuildInfo{
		Path: "example.com/shop/cmd/shop", Main: debug.Module{Path: "example.com/shop", Version: "v1.0.0"},
		Deps: []*debug.Module{
			{Path: module, Version: "v0.3.0", Sum: "h1:x"},
			{Path: "example.com/a", Version: "v1.1.0", Replace: &debug.Module{Path: "../a"}},
			{Path: "example.com/b", Version: "v1.2.0", Replace: &debug.Module{Path: "example.com/c", Version: "v2.0.0", Sum: "h1:c"}},
		},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "-gcflags", Value: "all=-N -l"}},
	})
	if d.Producer != "postmortem v0.3.0" || d.MainPath != "example.com/shop/cmd/shop" || d.MainVersion != "v1.0.0" || d.Optimized {
		t.Errorf("%+v", d.Meta)
	}
	want := []model.Module{
		{Path: "example.com/shop", Version: "v1.0.0"}, {Path: module, Version: "v0.3.0", Sum: "h1:x"},
		{Path: "example.com/a", Version: "v1.1.0", Replace: "../a"},
		{Path: "example.com/b", Version: "v1.2.0", Replace: "example.com/c@v2.0.0", Sum: "h1:c"},
	}
	if len(d.Modules) != len(want) {
		t.Fatalf("modules %v, want %v", d.Modules, want)
	}
	for i := range want {
		if d.Modules[i] != want[i] {
			t.Errorf("module %v, want %v", d.Modules[i], want[i])
		}
	}
	for flags, off := range map[string]bool{"-N -l": true, "all=-N": true, "-l": false, "": false, "-Nonsense": false, `"-N"`: true} {
		if disablesOptimisation(flags) != off {
			t.Errorf("-gcflags=%s: optimisation off: %v, want %v", flags, !off, off)
		}
	}
}

// What is spared is what the tightest control group leaves, of either version.
func TestSpare(t *testing.T) {
	const none = "9223372036854771712" // the first version's way to say that there is none
	for _, c := range []struct {
		limits []string // limit and use of the second version, then of the first
		want   int64
	}{
		{nil, 0},
		{[]string{"1000", "400"}, 600},
		{[]string{"max", "400"}, 0},
		{[]string{"1000", "400", "900", "800"}, 100},
		{[]string{"", "", "900", "100"}, 800},
		{[]string{"", "", none, "100"}, 0},
		{[]string{"1000", "2000"}, 2}, // not "no limit"
	} {
		m := &model.Meta{}
		for i, v := range c.limits {
			m.Limits = append(m.Limits, model.KV{Key: []string{
				"cgroup memory.max", "cgroup memory.current", "cgroup memory.limit_in_bytes", "cgroup memory.usage_in_bytes",
			}[i], Value: v})
		}
		if got := Spare(m); got != c.want {
			t.Errorf("of %q is spared %d, want %d", c.limits, got, c.want)
		}
	}
}
