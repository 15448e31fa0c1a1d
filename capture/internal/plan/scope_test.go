package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	std "debug/dwarf"
	"debug/elf"

	"github.com/go-delve/delve/pkg/dwarf/godwarf"
	"github.com/go-delve/delve/pkg/dwarf/reader"

	"github.com/gopostmortem/postmortem/capture/internal/dwarf"
	"github.com/gopostmortem/postmortem/capture/internal/dwarf/standard"
	"github.com/gopostmortem/postmortem/capture/internal/image"
)

// built is a program as this module and as the standard library reads it.
func built(t *testing.T) (*image.Image, *std.Data) {
	t.Helper()
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "prog")
	const source = "package main\n\nimport (\"fmt\"; \"net/http\")\n\nfunc main() { fmt.Println(http.ListenAndServe(\"\", nil)) }\n"
	if err := os.WriteFile(src, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", exe, src)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	img, err := image.OpenAny(exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	f, err := elf.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	return img, data
}

// The inlined calls and the variables at a PC are those that Delve finds.
func TestScopesAgainstDelve(t *testing.T) {
	img, data := built(t)
	n := 0
	for fn := range img.Lines().Functions {
		if n++; n%20 != 0 {
			continue
		}
		_, off, err := img.Subprogram(fn.Entry)
		if err != nil {
			continue
		}
		tree, err := img.Tree(off)
		want, wantErr := godwarf.LoadTree(std.Offset(off), data, 0)
		if err != nil || wantErr != nil {
			t.Fatalf("%v: %v, %v", fn, err, wantErr)
		}
		for at := fn.Entry; at < fn.End; at += 13 {
			ours, theirs := inlined(tree, at), reader.InlineStack(want, at)
			if len(ours) != len(theirs) {
				t.Fatalf("%v at %#x: %d inlined calls, want %d", fn, at, len(ours), len(theirs))
			}
			compareVariables(t, tree, want, at)
			for i := range ours {
				compareVariables(t, ours[i], theirs[i], at)
			}
		}
	}
	if n < 5000 {
		t.Errorf("only %d functions", n)
	}
}

func compareVariables(t *testing.T, tree *image.Tree, want *godwarf.Tree, at uint64) {
	t.Helper()
	if tree.Offset != dwarf.Offset(want.Offset) || tree.Val(dwarf.AttrName) != want.Val(std.AttrName) {
		t.Fatalf("%#x: DIE %#x, want %#x", at, tree.Offset, want.Offset)
	}
	const flags = reader.VariablesOnlyVisible | reader.VariablesSkipInlinedSubroutines | reader.VariablesTrustDeclLine
	for _, line := range []int{1, 300, 1 << 20} {
		ours, theirs := visible(tree, at, line), reader.Variables(want, at, line, flags)
		if len(ours) != len(theirs) {
			t.Fatalf("%#x, line %d: %d variables, want %d", at, line, len(ours), len(theirs))
		}
		for i, w := range theirs {
			g := ours[i]
			if g.Offset != dwarf.Offset(w.Offset) || g.Tag != dwarf.Tag(w.Tag) || g.depth != w.Depth {
				t.Fatalf("%#x: variable %v, want %v", at, g, w)
			}
			for _, attr := range []dwarf.Attr{dwarf.AttrName, dwarf.AttrType, dwarf.AttrLocation, dwarf.AttrDeclLine, dwarf.AttrVarParam, attrGoClosureOffset, attrGoDictIndex} {
				if a, b := g.Val(attr), standard.Value(w.Val(std.Attr(attr))); !reflect.DeepEqual(a, b) {
					t.Fatalf("%#x: %v %v, want %v", at, attr, a, b)
				}
			}
		}
	}
}
