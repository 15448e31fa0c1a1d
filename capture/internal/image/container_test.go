package image

import (
	"bytes"
	"compress/zlib"
	std "debug/dwarf"
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/dwarf/standard"
)

// oracle is what the standard library reads in an executable.
type oracle struct {
	data    *std.Data
	symbols map[string]uint64
	debug   map[string][]byte // sections, inflated
	lines   []byte            // the pclntab
}

// openOracle reads an executable with the standard library.
func openOracle(t *testing.T, path string) *oracle {
	t.Helper()
	o := &oracle{symbols: map[string]uint64{}, debug: map[string][]byte{}}
	var err error
	if f, e := elf.Open(path); e == nil {
		defer f.Close()
		o.data, err = f.DWARF()
		syms, _ := f.Symbols()
		for _, s := range syms {
			o.symbols[s.Name] = s.Value
		}
		for _, s := range f.Sections {
			if strings.HasPrefix(s.Name, ".debug_") {
				o.debug[s.Name], _ = s.Data()
			}
		}
		o.lines, _ = f.Section(".gopclntab").Data()
	} else if f, e := macho.Open(path); e == nil {
		defer f.Close()
		o.data, err = f.DWARF()
		for _, s := range f.Symtab.Syms {
			o.symbols[strings.TrimPrefix(s.Name, "_")] = s.Value
		}
		for _, s := range f.Sections {
			o.addDebug(t, "."+strings.TrimPrefix(s.Name, "__"), s.Data)
		}
		o.lines, _ = f.Section("__gopclntab").Data()
	} else {
		o.openPE(t, path)
		return o
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oracle) openPE(t *testing.T, path string) {
	t.Helper()
	f, err := pe.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if o.data, err = f.DWARF(); err != nil {
		t.Fatal(err)
	}
	base := f.OptionalHeader.(*pe.OptionalHeader64).ImageBase
	for _, s := range f.Symbols {
		if n := int(s.SectionNumber); n > 0 && n <= len(f.Sections) {
			o.symbols[s.Name] = base + uint64(f.Sections[n-1].VirtualAddress) + uint64(s.Value)
		}
	}
	for _, s := range f.Sections {
		o.addDebug(t, s.Name, func() ([]byte, error) {
			b, err := s.Data()
			return b[:min(int(s.VirtualSize), len(b))], err
		})
	}
	rdata := f.Section(".rdata")
	b, err := rdata.Data()
	if err != nil {
		t.Fatal(err)
	}
	o.lines = b[o.symbols["runtime.pclntab"]-base-uint64(rdata.VirtualAddress):]
}

// addDebug keeps a debug section, and inflates it as .zdebug_* sections want it.
func (o *oracle) addDebug(t *testing.T, name string, data func() ([]byte, error)) {
	t.Helper()
	if !strings.HasPrefix(name, ".debug_") && !strings.HasPrefix(name, ".zdebug_") {
		return
	}
	b, err := data()
	if err != nil {
		t.Fatal(err)
	}
	if rest, ok := strings.CutPrefix(name, ".zdebug_"); ok {
		name = ".debug_" + rest
		r, err := zlib.NewReader(bytes.NewReader(b[12:]))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	o.debug[name] = b
}

// targets are the systems whose executables can be read.
var targets = []string{
	"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64",
	"windows/amd64", "windows/arm64", "freebsd/amd64", "freebsd/arm64",
}

// buildFor builds a small program for a system, with the toolchain that is set.
func buildFor(t *testing.T, target string, flags ...string) string {
	t.Helper()
	const source = "package main\n\nimport \"fmt\"\n\n//go:noinline\nfunc twice(n int) int {\n\tm := 2 * n\n\tfmt.Println(m)\n\treturn m\n}\n\nfunc main() { fmt.Println(twice(21)) }\n"
	dir := t.TempDir()
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "prog")
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, flags...), src)...)
	goos, goarch, _ := strings.Cut(target, "/")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build for %s: %v\n%s", target, err, out)
	}
	return exe
}

// Executables of all systems give what the standard library reads in them:
// sections, functions, lines, variables, modules.
func TestContainersAgainstStandardLibrary(t *testing.T) {
	for _, target := range targets {
		t.Run(target, func(t *testing.T) {
			exe := buildFor(t, target)
			m, err := OpenAny(exe, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if want := strings.HasSuffix(target, "arm64"); (m.Processor() == ARM64) != want {
				t.Errorf("processor %d", m.Processor())
			}
			id, err := exec.Command("go", "tool", "buildid", exe).Output()
			if got := m.BuildID(); err != nil || got != strings.TrimSpace(string(id)) {
				t.Errorf("build ID %q, want %q (%v)", got, id, err)
			}
			if got := m.GoVersion(); !strings.HasPrefix(got, runtime.Version()) {
				t.Errorf("built with %q", got)
			}
			o := openOracle(t, exe)
			checkSections(t, m, o)
			checkAddresses(t, m, o)
			checkLines(t, m, o)
		})
	}
}

func checkSections(t *testing.T, m *Image, o *oracle) {
	if len(o.debug) < 4 {
		t.Fatalf("the oracle finds %d sections", len(o.debug))
	}
	for name, want := range o.debug {
		got, err := contentOf(m, name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v, want %d", name, len(got), err, len(want))
		}
	}
}

func checkAddresses(t *testing.T, m *Image, o *oracle) {
	addr, _, err := m.Global("runtime.allgs")
	if want := o.symbols["runtime.allgs"]; err != nil || addr != want || want == 0 {
		t.Errorf("runtime.allgs at %#x, %v, want %#x", addr, err, want)
	}
	for _, name := range []string{"main.twice", "main.main", "runtime.gopanic", "fmt.Fprintln"} {
		f, ok := m.Lines().Named(name)
		if !ok || f.Entry != o.symbols[name] {
			t.Errorf("%s at %#x, want %#x", name, f.Entry, o.symbols[name])
			continue
		}
		_, off, err := m.Subprogram(f.Entry)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := standard.Reader{Reader: o.data.Reader()}
		r.Seek(off)
		e, err := r.Next()
		if err != nil || e.Val(dwarf.AttrName) != name || e.Val(dwarf.AttrLowpc) != f.Entry {
			t.Errorf("%s: the standard library finds %v, %v there", name, e, err)
		}
	}
	md, err := m.Module(nil)
	if err != nil || md.Text != o.symbols["runtime.text"] || md.Types == 0 || md.ETypes <= md.Types || m.container.sectionAt(md.GoFunc) == nil {
		t.Errorf("module %+v, %v, want text at %#x", md, err, o.symbols["runtime.text"])
	}
}

func checkLines(t *testing.T, m *Image, o *oracle) {
	table, err := gosym.NewTable(nil, gosym.NewLineTable(o.lines, o.symbols["runtime.text"]))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f := range m.Lines().Functions {
		if !strings.HasPrefix(f.Name(), "main.") && !strings.HasPrefix(f.Name(), "fmt.") {
			continue
		}
		for pc := f.Entry; pc < f.End; pc += 4 {
			file, line := f.Line(pc)
			wantFile, wantLine, _ := table.PCToLine(pc)
			if wantLine > 0 && (file != wantFile || line != wantLine) {
				t.Fatalf("%s+%#x: %s:%d, want %s:%d", f.Name(), pc-f.Entry, file, line, wantFile, wantLine)
			}
			n++
		}
	}
	if n < 1000 {
		t.Errorf("only %d places compared", n)
	}
}

// Executables without symbols and debug information are still known as Go's.
func TestStrippedContainers(t *testing.T) {
	for _, target := range []string{"linux/arm64", "darwin/arm64", "windows/amd64"} {
		m, err := OpenAny(buildFor(t, target, "-ldflags=-s -w"), 0)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if _, ok := m.Lines().Named("main.twice"); !ok {
			t.Errorf("%s: main.twice is not found", target)
		}
		if err := m.HasDWARF(); !errors.Is(err, ErrNoDWARF) {
			t.Errorf("%s: DWARF: %v", target, err)
		}
		m.Close()
	}
}

// Each system's own reader is the one that Open uses.
func TestNativeContainer(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	if m, err := Open(buildFor(t, "plan9/amd64"), 0); err == nil || !strings.Contains(err.Error(), errContainer.Error()) {
		t.Errorf("an executable for Plan 9 opens: %v, %v", m, err)
	}
}

// smallELF is a file with one section of symbols.
func smallELF(whole []byte) []byte {
	le := binary.LittleEndian
	small := make([]byte, elfHeaderSize+2*sectionHeaderSize+symbolSize)
	copy(small, whole[:20])
	le.PutUint16(small[16:], etExec)
	le.PutUint64(small[40:], elfHeaderSize)
	le.PutUint16(small[60:], 2)
	le.PutUint32(small[elfHeaderSize+4:], shtSymtab)
	le.PutUint64(small[elfHeaderSize+24:], elfHeaderSize+2*sectionHeaderSize)
	le.PutUint64(small[elfHeaderSize+32:], symbolSize)
	return small
}

// smallMachO is a file with one segment of one section.
func smallMachO() []byte {
	le := binary.LittleEndian
	b := make([]byte, machoHeader+machoSegHeader+machoSection)
	le.PutUint32(b, machoMagic)
	le.PutUint32(b[4:], machoARM64)
	le.PutUint32(b[12:], machoExecute)
	le.PutUint32(b[16:], 1)
	le.PutUint32(b[20:], machoSegHeader+machoSection)
	cmd := b[machoHeader:]
	le.PutUint32(cmd, machoSegment)
	le.PutUint32(cmd[4:], machoSegHeader+machoSection)
	le.PutUint32(cmd[64:], 1)
	copy(cmd[machoSegHeader:], "__zdebug_info")
	return b
}

// smallPE is a file with one section with a long name.
func smallPE() []byte {
	le := binary.LittleEndian
	const at, optional = 64, 240
	b := make([]byte, at+4+peFileHeader+optional+peSectionHeader+32)
	copy(b, "MZ")
	le.PutUint32(b[peSignatureAt:], at)
	copy(b[at:], peSignature)
	h := b[at+4:]
	le.PutUint16(h, peAMD64)
	le.PutUint16(h[2:], 1)
	le.PutUint32(h[8:], uint32(len(b)-32))
	le.PutUint16(h[16:], optional)
	le.PutUint16(h[peFileHeader:], pePlus)
	copy(h[peFileHeader+optional:], "/4")
	copy(b[len(b)-28:], ".zdebug_info")
	return b
}

// No file, however broken, is more than an error.
func FuzzContainer(f *testing.F) {
	exe, err := os.Executable()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(exe)
	if err != nil {
		f.Fatal(err)
	}
	for _, small := range [][]byte{whole[:elfHeaderSize], smallELF(whole), smallMachO(), smallPE()} {
		f.Add(small)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := anyContainer(b)
		if err != nil {
			if file != nil {
				t.Errorf("both a file and %v", err)
			}
			return
		}
		for i := range file.sections {
			s := &file.sections[i]
			stored, err := s.bytes(b)
			if err == nil && uint64(len(stored)) != s.size {
				t.Errorf("section of %d bytes gives %d", s.size, len(stored))
			}
			if err == nil && s.packed != unpacked {
				_, _, _ = s.stream(stored) // must not panic
			}
		}
		file.symbol(b, "main.main")
	})
}

// The small files of the fuzzer's seeds are read as what they are.
func TestSmallContainers(t *testing.T) {
	for name, b := range map[string][]byte{"Mach-O": smallMachO(), "PE": smallPE()} {
		f, err := anyContainer(b)
		if err != nil || len(f.sections) != 1 || f.sections[0].name != ".debug_info" || f.sections[0].packed != packedZLIB {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// Inlined calls come from go:func.*, whose place in the moduledata Go 1.27
// moved: the lengths that stand around it are no addresses, small as those are
// on arm64.
func TestInlinedCallsOfEveryVersion(t *testing.T) {
	for _, toolchain := range []string{"go1.25.0", "", "go1.27.0"} {
		t.Setenv("GOTOOLCHAIN", toolchain)
		if toolchain != "" && os.Getenv("CI") != "true" && exec.Command("go", "version").Run() != nil {
			t.Logf("toolchain %s is not at hand", toolchain)
			continue
		}
		for _, target := range []string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"} {
			m, err := OpenAny(buildFor(t, target), 0)
			if err != nil {
				t.Fatal(err)
			}
			inlined := 0
			for f := range m.Lines().Functions {
				for _, c := range f.Calls(f.Entry + (f.End-f.Entry)/2) {
					if _, ok := m.Lines().Named(c.Name); c.Inlined && ok {
						inlined++
					}
					if c.StartLine < 0 || c.StartLine > 1<<20 {
						t.Fatalf("%s %s: %s calls %+v", toolchain, target, f.Name(), c)
					}
				}
			}
			if inlined < 20 {
				t.Errorf("%s %s: only %d inlined calls", toolchain, target, inlined)
			}
			m.Close()
		}
	}
}
