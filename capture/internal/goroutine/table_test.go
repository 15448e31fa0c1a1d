//go:build linux

package goroutine

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
)

var update = flag.Bool("update", false, "write offsets.go anew")

// toolchains are the versions that the table knows, in its order; "" is the local one.
var toolchains = []string{"go1.25.0", "", "go1.27.0"}

// build compiles the test program.
func build(t *testing.T, toolchain string, flags ...string) *image.Image {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "parked")
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), ".")...)
	cmd.Dir = "testdata/parked"
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		if toolchain != "" && os.Getenv("CI") != "true" {
			t.Skipf("toolchain %s is not at hand: %v", toolchain, err)
		}
		t.Fatalf("build: %v\n%s", err, out)
	}
	img, err := image.OpenAny(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	return img
}

// process is the memory of a running program.
type process struct{ mem *os.File }

func (p process) ReadMemory(b []byte, addr uint64) error {
	_, err := p.mem.ReadAt(b, int64(addr))
	return err
}

// start runs a program until it says that it is ready.
func start(t *testing.T, img *image.Image) process {
	t.Helper()
	cmd := exec.Command(img.Path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program says %q, %v", line, err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mem.Close() })
	return process{mem}
}

// asked notes what is looked up.
type asked struct {
	inDWARF
	seen map[string]int16
}

func (a asked) size(name string) (uint64, error) {
	n, err := a.inDWARF.size(name)
	a.seen[name+":"] = int16(n)
	return n, err
}

func (a asked) offset(name, path string) (uint64, bool) {
	off, ok := a.inDWARF.offset(name, path)
	a.seen[name+":"+path] = -1
	if ok {
		a.seen[name+":"+path] = int16(off)
	}
	return off, ok
}

// TestTable compares the table with what the debug information of each version
// says about all that is ever looked up.
func TestTable(t *testing.T) {
	var columns []map[string]int16
	for _, tc := range toolchains {
		img := build(t, tc)
		a := asked{inDWARF{img}, map[string]int16{}}
		if err := new(Layout).find(a); err != nil {
			t.Fatal(err)
		}
		a.offset("runtime.schedt", "customGOMAXPROCS")
		a.offset("runtime.schedt", "lock")
		_, typ, err := img.Global("runtime.waitReasonStrings")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := img.ArrayLen(typ)
		a.seen["runtime.waitReasonStrings:"] = int16(n)
		columns = append(columns, a.seen)
		if table, err := tableFor(img.GoVersion()); err != nil || table.column != len(columns)-1 {
			t.Errorf("%s: column %d, %v", img.GoVersion(), table.column, err)
		}
	}
	if *update {
		write(t, columns)
		return
	}
	rows := map[string]bool{}
	for _, k := range offsets {
		rows[k.path] = true
		for i, c := range columns {
			if want := column(c, k.path); k.at[i] != want {
				t.Errorf("%s of %s: %d, want %d", k.path, tableVersions[i], k.at[i], want)
			}
		}
	}
	for name := range columns[0] {
		if !rows[name] {
			t.Errorf("%s is not in the table: go test ./capture/internal/goroutine -run TestTable -update", name)
		}
	}
}

// column gives a number of one version, -1 where it was not asked for.
func column(seen map[string]int16, key string) int16 {
	if n, ok := seen[key]; ok {
		return n
	}
	return -1
}

// write writes offsets.go.
func write(t *testing.T, columns []map[string]int16) {
	var b bytes.Buffer
	b.WriteString("package goroutine\n\n// Written by go test -run TestTable -update. These are Linux's, on both\n// processors; see Layout.on for others.\n\n")
	fmt.Fprintf(&b, "var tableVersions = [...]string{\"go1.25\", \"go1.26\", \"go1.27\"}\n\nvar offsets = [...]known{\n")
	for _, key := range slices.Sorted(maps.Keys(columns[0])) {
		fmt.Fprintf(&b, "{%q, [...]int16{%d, %d, %d}},\n", key, column(columns[0], key), column(columns[1], key), column(columns[2], key))
	}
	b.WriteString("}\n")
	src, err := format.Source(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("offsets.go", src, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What the table tells of other systems is what their compilers say.
func TestTableElsewhere(t *testing.T) {
	for _, target := range []string{"linux/arm64", "windows/amd64", "freebsd/amd64", "darwin/arm64"} {
		goos, arch, _ := strings.Cut(target, "/")
		t.Setenv("GOOS", goos)
		t.Setenv("GOARCH", arch)
		img := build(t, "")
		table, err := tableFor(img.GoVersion())
		if err != nil {
			t.Fatal(err)
		}
		got, want := new(Layout), new(Layout)
		if err := errors.Join(got.find(table), want.find(inDWARF{img})); err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		got.on(goos)
		if got.m.alllink == absent {
			want.m.incgo, want.m.alllink = absent, absent
		}
		got.m.size = want.m.size // how much is read of it
		if *got != *want {
			t.Errorf("%s: offsets differ:\n%+v\n%+v", target, *got, *want)
		}
	}
}

// TestLayoutWithoutDWARF lists the goroutines of stripped programs. B4.17
func TestLayoutWithoutDWARF(t *testing.T) {
	for _, tc := range toolchains {
		t.Run("go="+tc, func(t *testing.T) {
			full := build(t, tc)
			want, err := NewLayout(full, start(t, full))
			if err != nil {
				t.Fatal(err)
			}
			sched, _, err := full.Global("runtime.sched")
			if err != nil {
				t.Fatal(err)
			}
			off, _ := inDWARF{full}.offset("runtime.schedt", customProcs)
			if addr, ok := referredProcs(full); !ok || addr != sched+off {
				t.Errorf("GOMAXPROCS: %#x, %t, want %#x", addr, ok, sched+off)
			}
			for _, flags := range []string{"-w", "-s -w"} {
				img := build(t, tc, "-ldflags="+flags)
				mem := start(t, img)
				got, err := NewLayout(img, mem)
				if err != nil {
					t.Fatalf("%s: %v", flags, err)
				}
				if got.allm == 0 || got.reason.n != want.reason.n {
					t.Errorf("%s: threads at %#x, %d wait reasons, want %d", flags, got.allm, got.reason.n, want.reason.n)
				}
				checkList(t, got, mem)
				if addr, err := CustomProcs(img); err != nil || addr == 0 {
					t.Errorf("%s: GOMAXPROCS: %#x, %v", flags, addr, err)
				}
				same := *got
				same.allgs, same.allm, same.reason.addr = want.allgs, want.allm, want.reason.addr
				same.semtable = want.semtable // which no code of a stripped program is searched for
				if same != *want {
					t.Errorf("%s: offsets differ:\n%+v\n%+v", flags, same, *want)
				}
			}
		})
	}
}

// The roots of the table of semaphores are as far apart as they are taken to be.
func TestSemaphoreTable(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Setenv("GOARCH", arch)
		img := build(t, "")
		_, typ, err := img.Global("runtime.semtable")
		if err != nil {
			t.Fatal(err)
		}
		table, ok := img.Elem(typ) // it has a type of its own
		n, isArray := img.ArrayLen(table)
		root, has := img.Elem(table)
		if !ok || !isArray || !has || n != semRoots {
			t.Fatalf("%s: an array of %d, %v, %v, %v", arch, n, ok, isArray, has)
		}
		s, err := img.StructAt(root)
		if err != nil || s.Size != uint64(unwind.ArchOf(img).CacheLine) {
			t.Errorf("%s: %v, %v; roots are %d apart", arch, s, err, unwind.ArchOf(img).CacheLine)
			continue
		}
		if off, ok := img.Offset(s, "root", "treap"); !ok || off != semTree {
			t.Errorf("%s: the tree is at %d, %v", arch, off, ok)
		}
	}
}

// checkList looks for what the program's goroutines wait for.
func checkList(t *testing.T, l *Layout, mem Memory) {
	t.Helper()
	list, lost, err := l.List(mem, func() bool { return false })
	if err != nil || lost > 0 {
		t.Fatalf("%d lost, %v", lost, err)
	}
	reasons := map[string]int{}
	panics := 0
	for i := range list {
		labels, err := l.Labels(mem, &list[i])
		if err != nil || len(labels) == 0 {
			continue
		}
		reasons[list[i].Reason]++
		p, err := l.Panics(mem, &list[i])
		if err != nil {
			t.Error(err)
		}
		panics += len(p)
	}
	want := map[string]int{"chan receive": 2, "chan send": 1, "select (no cases)": 1, "sleep": 1, "sync.Mutex.Lock": 1, "sync.WaitGroup.Wait": 1}
	if !maps.Equal(reasons, want) || panics != 1 {
		t.Errorf("goroutines wait for %v, want %v; %d panics", reasons, want, panics)
	}
}

// TestOtherLayouts are not believed: that of another version, or one of which
// a part is wrong.
func TestOtherLayouts(t *testing.T) {
	img := build(t, "", "-ldflags=-s -w")
	mem := start(t, img)
	l := new(Layout)
	if err := l.find(inTable{0}); err != nil {
		t.Fatal(err)
	}
	v := &verifier{l: l, img: img, mem: mem}
	if addr := v.first("runtime.allgs", v.isAllgs, "runtime.allgadd"); addr != 0 {
		t.Errorf("with the layout of %s the goroutines of %s are at %#x", tableVersions[0], img.GoVersion(), addr)
	}
	for i := range 7 { // the right layout, with one part of it moved
		l := new(Layout)
		table, _ := tableFor(img.GoVersion())
		if err := l.find(table); err != nil {
			t.Fatal(err)
		}
		part := []*uint64{&l.g.goid, &l.g.status, &l.g.stackHi, &l.g.schedSP, &l.g.startpc, &l.g.m, &l.m.gsignal}[i]
		*part += 8
		v := &verifier{l: l, img: img, mem: mem}
		if v.first("runtime.allgs", v.isAllgs, "runtime.allgadd") != 0 {
			t.Errorf("part %d may lie 8 bytes further on", i)
		}
	}
	if _, err := tableFor("go1.28"); err == nil {
		t.Error("go1.28 is known")
	}
	if _, err := tableFor("go1.250"); err == nil {
		t.Error("go1.250 is taken for go1.25")
	}
}
