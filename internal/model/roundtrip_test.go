package model

import (
	"bytes"
	"math"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gopostmortem/postmortem/internal/wire"
	"github.com/gopostmortem/postmortem/mock"
)

// sample is one record of each kind with every field set, those at the edges of
// their types included.
func sample() []any {
	hash := bytes.Repeat([]byte{7}, 32)
	return []any{
		&Meta{
			Producer: "postmortem 1", UUID: bytes.Repeat([]byte{1}, 16), Time: math.MaxInt64, Monotonic: 5,
			Host: "h\x00\xff\n", Program: "p", Exe: "/p", Args: []string{"p", "", "-x"}, PID: 1, PPID: 2, Uptime: -1,
			Env: []KV{{"A", "1"}, {"B", ""}}, Labels: []KV{{"k", "v"}}, GoVersion: "go1.26.8", GOOS: "linux", GOARCH: "amd64",
			BuildID: "b", GNUBuildID: "ab", MainPath: "m", MainVersion: "v1", Modules: []Module{{"a", "v", "s", "r"}, {}},
			Settings: []KV{{"vcs", "git"}}, GOMAXPROCS: 2, NumCPU: 2, MemoryLimit: math.MaxInt64, GOGC: -1,
			Limits: []KV{{"nofile", "1"}}, MemStats: []Stat{{"Alloc", 3}}, Method: "clone", Depth: -1,
			Options: []KV{{"depth", "3"}}, Optimized: true, HasDWARF: true, Missing: []string{"none"}, NumGoroutine: 9,
		},
		&Cause{CausePanic, "boom", "e", "*errors.errorString", 1, 0xc000, 17, 2, -1, "SIGSEGV", math.MaxUint64, "n"},
		&Type{
			ID: 1, Kind: KindStruct, Flags: TypeNamed, Name: "main.T", Size: 16, Elem: 2, Key: 3, Len: 4, Dir: 3,
			Fields: []Field{{"a", 2, 0, false}, {"b", 3, 8, true}}, In: []TypeID{1, 0, math.MaxUint32}, Out: []TypeID{2},
			Methods: []string{"M"}, Consts: []Const{{"C", math.MinInt64}}, RType: 0x4000,
		},
		&Func{1, "main.f", "main", "/f.go", 3, 0x401000, FuncUser},
		&Loc{1, 0x401010, []LocFrame{
			{Func: 1, File: "/g.go", Line: 4, Inlined: true, Reason: mock.NoDWARF},
			{Func: 1, Line: 5, Hidden: true, Vars: []Var{
				{"x", 1, VarParam, VarEscaped, 3, 1, PlaceCFA, -8, nil, 0, nil, nil},
				{"y", 1, VarLocal, 0, 4, 0, PlaceConst, 0, []byte{1, 2}, 0, nil, nil},
				{"z", 1, VarLocal, 0, 4, 0, PlaceNone, 0, nil, mock.OptimizedOut, []Span{{0, 8}, {16, 8}}, []Span{{0, 1}, {7, 2}}},
			}},
		}},
		&Stack{1, []StackFrame{{1, 32, 16}, {1, 64, 32}}, []Span{{-16, 8}, {0, 8}}, 1, 9900},
		&Goroutine{
			ID: 17, Status: StatusWaiting, RawStatus: 4, WaitReason: "chan receive", WaitSince: 1, Flags: GoAsked, Thread: 7,
			Parent: 1, CreatedPC: 0x401000, Created: 1, Start: 1, Labels: []KV{{"a", "b"}}, StackLo: 0xc000, StackHi: 0xd000,
			Stack: 1, Base: 0xc100, Image: []byte("0123456789abcdef"), Inline: []FrameInline{{1, []byte{9}}},
			Defers: []Defer{{-1, 1, 0xc1, 0x401, 4, "/f.go", true, true, 1, 0xc0}}, Panics: []Panic{{1, 0xc2, true, true, true, -1}},
			Waits: []Wait{{0xc3, 1, "chan receive", 0xc4, 0xc5, "sync.Mutex", 77}}, Errors: []string{"e"},
			Resumer: 3, Foreign: []CFrame{{0x7f, "read", "/libc.so", 9, 1, "/r.c", 2}}, Closure: 0xc6,
		},
		&Memory{[]Extent{{0xc000, []byte("abc")}, {0xc003, []byte("d")}, {0xf000000000000000, []byte("xyz")}}},
		&TypeWord{0x4000, 1},
		&MapObj{0xc000, 1, 10, 8, 0xf000000000000000, mock.ElementLimit},
		&ChanObj{0xc001, 1, 3, 4, true, 2, 0xf000000000000100, mock.ByteLimit, []Waiter{{17, 0xc9}}, []Waiter{{18, 0}, {19, 1}}, 5, 6},
		&FuncObj{0xc002, 1, 1},
		&StubObj{0xc004, 8, 1, mock.DepthLimit, -1, "d"},
		&Global{"main.g", 1, 0x5000},
		&SourceFile{"/f.go", "/src/f.go", 4, hash, SourceEmbedded, "r"},
		&SourceText{hash, []byte("text")},
		&Rule{RuleLibrary, "example.com/lib.postmortemRules", "hide main.f\n", []string{"line 1: p"}},
		&Loss{"values", mock.TimeLimit, 3, "d"},
		&Stats{[]Stat{{"freeze_ns", 1}}},
	}
}

func write(t testing.TB, opts WriterOptions, recs ...any) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Add(rec); err != nil {
			t.Fatalf("Add(%T): %v", rec, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func open(t testing.TB, file []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// read gives all records and the errors met.
func read(r *Reader) (recs []any, errs []error) {
	for i := range r.Sections() {
		err := r.Records(i, func(rec any) error {
			recs = append(recs, rec)
			return nil
		})
		if err != nil {
			errs = append(errs, err)
		}
	}
	return recs, append(errs, r.Damage()...)
}

func TestRoundTrip(t *testing.T) {
	for _, store := range []bool{false, true} {
		want := sample()
		file := write(t, WriterOptions{Salt: 5, Store: store}, want...)
		r := open(t, file)
		if !r.Indexed() {
			t.Error("the index was not used")
		}
		got, errs := read(r)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("store=%v: records differ (-want +got):\n%s", store, diff)
		}
		if again := write(t, WriterOptions{Salt: 5, Store: store}, got...); !bytes.Equal(again, file) {
			t.Error("what was read does not encode to the same bytes")
		}
	}
}

func TestSections(t *testing.T) {
	file := write(t, WriterOptions{}, sample()...)
	var kinds []wire.Kind
	for _, s := range open(t, file).Sections() {
		kinds = append(kinds, s.Kind)
	}
	want := []wire.Kind{
		wire.KindMeta, wire.KindCause, wire.KindDefs, wire.KindGoroutines, wire.KindStackData, wire.KindMemory,
		wire.KindMemoryData, wire.KindObjects, wire.KindGlobals, wire.KindSourceDir, wire.KindSource, wire.KindRules, wire.KindLosses, wire.KindStats,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

// TestConcurrent reads the same sections from several goroutines: run with -race.
func TestConcurrent(t *testing.T) {
	want := sample()
	r := open(t, write(t, WriterOptions{}, want...))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if got, errs := read(r); len(errs) > 0 || !reflect.DeepEqual(want, got) {
					t.Errorf("records differ, %v", errs)
				}
			}
		})
	}
	wg.Wait()
}
