package types

import (
	std "debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/dwarf/standard"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
)

// toolchains are the Go versions whose programs must be understood; "" is the local one.
var toolchains = []string{"", "go1.25.0", "go1.27.0"}

// program is a fixture: an executable that is read, not run. Its loaded
// segments serve as memory, as they do before the first instruction.
type program struct {
	file    *elf.File
	data    *std.Data
	version string
	mod     Module
	names   map[string]dwarf.Offset
	subs    map[string]dwarf.Offset
	rtypes  map[uint64]dwarf.Offset // by offset in the module's types
}

func (p *program) ReadMemory(b []byte, addr uint64) error {
	for _, s := range p.file.Progs {
		if s.Type == elf.PT_LOAD && addr >= s.Vaddr && addr+uint64(len(b)) <= s.Vaddr+s.Filesz {
			_, err := s.ReadAt(b, int64(addr-s.Vaddr))
			return err
		}
	}
	return fmt.Errorf("no %d bytes at %#x", len(b), addr)
}

func (p *program) DIEs() (image.DIEs, error) { return standard.Reader{Reader: p.data.Reader()}, nil }

func (p *program) RuntimeType(name string) (dwarf.Offset, error) {
	if off, ok := p.names[name]; ok {
		return off, nil
	}
	return 0, errors.New("no type " + name)
}

// indexed adds the index of descriptors to a program.
type indexed struct{ *program }

func (p indexed) TypeDIE(off uint64) (dwarf.Offset, bool) { d, ok := p.rtypes[off]; return d, ok }

// Constants walks the units of a package.
func (p indexed) Constants(pkg string, give func(string, int64, dwarf.Offset)) {
	in := false
	for r := (standard.Reader{Reader: p.data.Reader()}); ; {
		e := must(r.Next())
		if e == nil {
			return
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		switch e.Tag {
		case dwarf.TagCompileUnit:
			in = name == pkg
		case dwarf.TagConstant:
			value, _ := e.Val(dwarf.AttrConstValue).(int64)
			if typ, ok := e.Val(dwarf.AttrType).(dwarf.Offset); ok && in {
				give(name, value, typ)
			}
		}
	}
}

// SubprogramOffset takes an index into subs by entry, which tests set up by name.
func (p indexed) SubprogramOffset(pc uint64) (dwarf.Offset, bool) {
	for _, s := range must(p.file.Symbols()) {
		if s.Value == pc && elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			off, ok := p.subs[s.Name]
			return off, ok
		}
	}
	return 0, false
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// build compiles testdata/fixture with a toolchain.
func build(t testing.TB, toolchain string, flags ...string) *program {
	t.Helper()
	out := filepath.Join(t.TempDir(), "fixture")
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), ".")...)
	cmd.Dir = "testdata/fixture"
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+toolchain)
	}
	if b, err := cmd.CombinedOutput(); err != nil {
		if toolchain != "" && os.Getenv("CI") != "true" {
			t.Skipf("toolchain %s is not at hand: %v", toolchain, err)
		}
		t.Fatalf("build: %v\n%s", err, b)
	}
	p := &program{names: map[string]dwarf.Offset{}, subs: map[string]dwarf.Offset{}, rtypes: map[uint64]dwarf.Offset{}}
	p.version = toolchain
	if toolchain == "" {
		p.version = strings.TrimSpace(string(must(exec.Command("go", "env", "GOVERSION").Output())))
	}
	p.file = must(elf.Open(out))
	t.Cleanup(func() { p.file.Close() })
	p.index(t)
	return p
}

func (p *program) index(t testing.TB) {
	for _, s := range must(p.file.Symbols()) {
		switch s.Name {
		case "runtime.types":
			p.mod.Types = s.Value
		case "runtime.etypes":
			p.mod.ETypes = s.Value
		}
	}
	if p.mod.Types == 0 || p.mod.ETypes <= p.mod.Types {
		t.Fatalf("no range of types: %+v", p.mod)
	}
	d, err := p.file.DWARF()
	if err != nil {
		return // built with -w
	}
	p.data = d
	for r := (standard.Reader{Reader: d.Reader()}); ; {
		e := must(r.Next())
		if e == nil {
			return
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag == dwarf.TagSubprogram {
			p.subs[name] = e.Offset
			r.SkipChildren()
		}
		if off, ok := e.Val(attrGoRuntimeType).(uint64); ok && off != 0 {
			p.rtypes[off] = e.Offset
		}
		if e.Tag == dwarf.TagStructType || e.Tag == dwarf.TagTypedef || e.Tag == dwarf.TagBaseType {
			if _, dup := p.names[name]; !dup {
				p.names[name] = e.Offset
			}
		}
	}
}

// begin makes an index of the program's types.
func begin(t testing.TB, p *program, img Image) (*Types, *[]*model.Type) {
	t.Helper()
	ts := New(Config{Image: img, Module: p.mod, GoVersion: p.version})
	var emitted []*model.Type
	ts.Begin(p, func(r *model.Type) { emitted = append(emitted, r) })
	return ts, &emitted
}

// eachToolchain runs a test for programs of every Go version.
func eachToolchain(t *testing.T, test func(*testing.T, *program)) {
	for _, tc := range toolchains {
		t.Run("go="+tc, func(t *testing.T) { test(t, build(t, tc)) })
	}
}

// TestDescriptorsAgreeWithDWARF reads every type of a program twice, from DWARF
// and from its descriptor alone, and compares the two.
func TestDescriptorsAgreeWithDWARF(t *testing.T) {
	eachToolchain(t, func(t *testing.T, p *program) {
		fromDWARF, _ := begin(t, p, p)
		fromMemory, _ := begin(t, p, nil)
		compared := 0
		for off, die := range p.rtypes {
			a, err := fromDWARF.FromDWARF(die)
			if err != nil {
				t.Fatalf("DIE %#x: %v", die, err)
			}
			b, err := fromMemory.FromRType(p.mod.Types + off)
			if err != nil {
				t.Errorf("%s: %v", a.Name(), err)
				continue
			}
			if why := differ(a, b); why != "" {
				t.Errorf("%s: %s", a.Name(), why)
			}
			compared++
		}
		if compared < 1000 {
			t.Fatalf("only %d types compared", compared)
		}
	})
}

// differ tells how two descriptions of a type differ, "" if they do not.
func differ(a, b *Type) string {
	name := a.Name()
	if i := strings.Index(name, "·"); i >= 0 {
		name = name[:i] // the descriptor does not number local types
	}
	name = strings.TrimPrefix(name, "noalg.")
	if strings.Contains(a.Name(), "·") || strings.HasPrefix(name, "map.group[") || strings.Contains(name, "go.shape.") {
		name = b.Name() // made by the compiler, or known as incomplete
	}
	switch {
	case name != b.Name():
		return fmt.Sprintf("name %q", b.Name())
	case a.Kind() != b.Kind() || a.Size() != b.Size() || a.Len() != b.Len():
		return fmt.Sprintf("kind %d/%d size %d/%d len %d/%d", a.Kind(), b.Kind(), a.Size(), b.Size(), a.Len(), b.Len())
	case a.Err() != nil || b.Err() != nil:
		return fmt.Sprintf("errors %v, %v", a.Err(), b.Err())
	case len(a.Fields()) != len(b.Fields()):
		return fmt.Sprintf("%d fields, %d fields", len(a.Fields()), len(b.Fields()))
	case a.rec.Flags != b.rec.Flags:
		return fmt.Sprintf("flags %b, %b", a.rec.Flags, b.rec.Flags)
	case a.rec.Dir != b.rec.Dir:
		return fmt.Sprintf("direction %d, %d", a.rec.Dir, b.rec.Dir)
	}
	for i, f := range a.Fields() {
		g := b.Fields()[i]
		if f.Name != g.Name || f.Offset != g.Offset || f.Embedded != g.Embedded || f.Type.Size() != g.Type.Size() {
			return fmt.Sprintf("field %d: %+v, %+v", i, f, g)
		}
	}
	return ""
}
