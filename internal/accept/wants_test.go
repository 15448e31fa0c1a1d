//go:build linux && amd64

package accept

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A fixture states what it knows about itself in comments inside the function
// that it is true of:
//
//	// want: NAME = TEXT          the variable's value, as print shows it (0xX stands for any address)
//	// want debug: NAME = TEXT    the same in debug builds only
//	// want shadow N: NAME = TEXT the same for the N-th of the variables of that name, outermost first
//	// want body: NAME = TEXT     in the bodies of range-over-func loops of the function
//	// want len: NAME = N         of a map
//	// want chan: NAME = TEXTS    the elements of a channel, in order
//	// want dynamic: NAME = TYPES the dynamic type of an interface, or of a slice's elements
//	// want wait: REASON          of the goroutine
//	// want status: STATUS        of the goroutine
//	// want labels: K=V ...       of the goroutine
//	// want locked:               the goroutine is locked to its thread
//	// want panics: A | B         the goroutine's panics, newest first; without a function: of the crash
//	// want defers: F G           the frame's deferred calls, in the order in which they would run
//	// want ndefers: N            their number
type want struct {
	Kind string // "" for a variable
	N    int    // of shadow
	Of   int    // how many of that name there are at least, for shadow
	Func string // as the symbol has it, "" outside of functions
	Text string
	Line int
}

var wantSyntax = regexp.MustCompile(`^// want(?: (\w+))?(?: (\d+))?:(?: (.*))?$`)

// wants reads the statements of a fixture.
func wants(t testing.TB, name string) []want {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, filepath.Join(module, "testdata/fixtures", name, "main.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var out []want
	for _, group := range file.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, "// want") {
				continue
			}
			m := wantSyntax.FindStringSubmatch(c.Text)
			if m == nil {
				t.Fatalf("%s: cannot read %q", fset.Position(c.Pos()), c.Text)
			}
			w := want{Kind: m[1], Func: enclosing(file, c.Pos()), Text: m[3], Line: fset.Position(c.Pos()).Line}
			if m[2] != "" {
				_, _ = fmt.Sscan(m[2], &w.N)
			}
			out = append(out, w)
		}
	}
	for i := range out {
		for _, w := range out {
			if out[i].Kind == "shadow" && w.Kind == "shadow" && w.Func == out[i].Func && w.name() == out[i].name() {
				out[i].Of = max(out[i].Of, w.N+1)
			}
		}
	}
	return out
}

// name is the variable that a statement is about.
func (w want) name() string {
	name, _, _ := strings.Cut(w.Text, " =")
	return name
}

// enclosing names the function that holds pos, closures by the linker's numbers:
// main.outer.func1.
func enclosing(file *ast.File, pos token.Pos) string {
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || pos < fn.Pos() || pos >= fn.End() {
			continue
		}
		name := "main." + receiver(fn) + fn.Name.Name
		return closureName(name, fn.Body, pos)
	}
	return ""
}

func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	typ := fn.Recv.List[0].Type
	star, pointer := typ.(*ast.StarExpr)
	if pointer {
		typ = star.X
	}
	if generic, ok := typ.(*ast.IndexExpr); ok {
		typ = generic.X
	}
	name := typ.(*ast.Ident).Name
	if pointer {
		return "(*" + name + ")."
	}
	return name + "."
}

// closureName follows the function literals in body that hold pos. The
// compiler numbers them in the order of the source, func1 at the first level
// and by the number alone below it.
func closureName(name string, body ast.Node, pos token.Pos) string {
	level := 0
	for {
		n := 0
		var inner *ast.FuncLit
		ast.Inspect(body, func(node ast.Node) bool {
			lit, ok := node.(*ast.FuncLit)
			if !ok || node == body {
				return true
			}
			if inner == nil {
				n++
				if pos >= lit.Pos() && pos < lit.End() {
					inner = lit
				}
			}
			return false
		})
		if inner == nil {
			return name
		}
		if level == 0 {
			name += fmt.Sprint(".func", n)
		} else {
			name += fmt.Sprint(".", n)
		}
		level++
		body = inner.Body
	}
}
