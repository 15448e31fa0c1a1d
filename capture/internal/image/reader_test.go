package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/dwarf/standard"
)

// Every DIE is what debug/dwarf reads, with what it covers, whether what it
// lies in has been let go meanwhile or not.
func TestDIEsAgainstStandardLibrary(t *testing.T) {
	m := buildSelf(t)
	d, err := m.debugInfo()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*content{"info": d.info, "lists": d.lists, "ranges": d.rngLists} {
		if !slices.ContainsFunc(c.parts, func(p part) bool { return p.away }) {
			t.Errorf("%s: nothing of %d bytes has been let go", name, len(c.all))
		}
	}
	if n := compareDIEs(t, m); n < 50_000 {
		t.Errorf("only %d DIEs", n)
	}
}

// So are those of C, whose compilers use other forms.
func TestDIEsOfC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no C compiler")
	}
	const source = `package main

/*
#include <stdlib.h>
struct node { struct node *next; unsigned flag : 3; union { long n; double d; } u; };
enum color { red, green };
static inline long twice(long n) { return n * 2; }
long walk(struct node *first, enum color c) {
	long sum = c;
	for (struct node *n = first; n; n = n->next) { long add = twice(n->u.n); sum += add; }
	return sum;
}
*/
import "C"

func main() { println(C.walk(nil, C.green)) }
`
	for _, version := range []string{"-gdwarf-4", "-gdwarf-5"} {
		dir := t.TempDir()
		src, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "prog")
		if err := os.WriteFile(src, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "build", "-o", exe, src)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "CC=gcc", "CGO_CFLAGS=-O2 "+version)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		m, err := Open(exe, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := compareDIEs(t, m); n < 10_000 {
			t.Errorf("only %d DIEs", n)
		}
		m.Close()
	}
}

// compareDIEs compares all and gives their number.
func compareDIEs(t *testing.T, m *Image) (n int) {
	t.Helper()
	d, err := m.debugInfo()
	if err != nil {
		t.Fatal(err)
	}
	want := openOracle(t, m.Path).data
	theirs, ours := want.Reader(), d.reader()
	for {
		std, err1 := theirs.Next()
		w := standard.Entry(std)
		g, err2 := ours.Next()
		if err1 != nil || err2 != nil {
			t.Fatalf("after %d: %v, %v", n, err2, err1)
		}
		if w == nil || g == nil {
			if w != nil || g != nil {
				t.Errorf("after %d: %v, want %v", n, g, w)
			}
			return n
		}
		n++
		if w.Tag != g.Tag || w.Children != g.Children || len(w.Field) != len(g.Field) || w.Tag != 0 && w.Offset != g.Offset {
			t.Fatalf("%v, want %v", g, w)
		}
		for i := range w.Field {
			if a, b := w.Field[i], g.Field[i]; a.Attr != b.Attr || !reflect.DeepEqual(a.Val, b.Val) {
				t.Fatalf("%#x: %v, want %v", w.Offset, b, a)
			}
		}
		if w.Tag == dwarf.TagCompileUnit || w.Tag == dwarf.TagSubprogram || w.Tag == dwarf.TagLexDwarfBlock || w.Tag == dwarf.TagInlinedSubroutine {
			a, err := want.Ranges(std)
			if b := d.rangesOf(ours.unit, g); err != nil || !reflect.DeepEqual(a, b) {
				t.Fatalf("%#x covers %v, want %v, %v", w.Offset, b, a, err)
			}
		}
		if n%97 == 0 && w.Children { // the same DIE follows for both
			theirs.SkipChildren()
			ours.SkipChildren()
		}
	}
}
