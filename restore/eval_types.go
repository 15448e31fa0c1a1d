package restore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// typeRef is a type that an expression names. A dump describes only the types
// of its values, so a pointer or basic type may be known by name alone.
type typeRef struct {
	name string
	kind dump.Kind
	typ  dump.Type // not valid where the dump does not describe it
	elem *typeRef  // of a pointer or slice the dump does not describe
}

// typeOf resolves a type expression.
func (e *evaluator) typeOf(x ast.Expr) (typeRef, error) {
	name, err := typeText(x)
	if err != nil {
		return typeRef{}, err
	}
	return e.typeNamed(name, 0)
}

// typeNamed resolves the name of a type: as the dump has it, with directories
// of paths left out, or as a type of the current package.
func (e *evaluator) typeNamed(name string, depth int) (typeRef, error) {
	if e.sc.s == nil {
		return typeRef{}, fail(ErrUnknown, "could not find type %q", name)
	}
	d := e.sc.s.d
	if t, ok := d.TypeByName(name); ok {
		return typeRef{name: t.Name(), kind: t.Kind(), typ: t}, nil
	}
	e.sc.s.index()
	if t, ok := e.sc.s.types[name]; ok {
		return typeRef{name: t.Name(), kind: t.Kind(), typ: t}, nil
	}
	if k, ok := basicKinds[name]; ok {
		return typeRef{name: alias(name), kind: k}, nil
	}
	for prefix, kind := range map[string]dump.Kind{"*": dump.KindPointer, "[]": dump.KindSlice} {
		if rest, ok := strings.CutPrefix(name, prefix); ok && depth < maxDepth {
			elem, err := e.typeNamed(rest, depth+1)
			if err != nil {
				return typeRef{}, err
			}
			return typeRef{name: prefix + elem.name, kind: kind, elem: &elem}, nil
		}
	}
	if e.sc.framed && !strings.ContainsAny(name, ".*[]() ") {
		if t, ok := d.TypeByName(e.sc.f.Function().Package() + "." + name); ok {
			return typeRef{name: t.Name(), kind: t.Kind(), typ: t}, nil
		}
	}
	return typeRef{}, fail(ErrUnknown, "could not find type %q in the dump", name)
}

// alias gives the name that the compiler records for byte and rune.
func alias(name string) string {
	switch name {
	case "byte":
		return "uint8"
	case "rune":
		return "int32"
	}
	return name
}

// element is the element type of a pointer or slice.
func (t typeRef) element() typeRef {
	if t.elem != nil {
		return *t.elem
	}
	elem := t.typ.Elem()
	return typeRef{name: elem.Name(), kind: elem.Kind(), typ: elem}
}

// typeText writes a type expression as a dump names types. A string literal
// is a type name with a full import path, as in ("*net/http.Request")(0xc000102000).
func typeText(x ast.Expr) (string, error) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return typeText(x.X)
	case *ast.Ident:
		if x.Name == "any" {
			return "interface {}", nil
		}
		return alias(x.Name), nil
	case *ast.BasicLit:
		if s, err := strconv.Unquote(x.Value); err == nil && x.Kind == token.STRING {
			return s, nil
		}
	case *ast.StarExpr:
		return around("*", x.X, "")
	case *ast.SelectorExpr:
		return around("", x.X, "."+x.Sel.Name)
	case *ast.ArrayType:
		if x.Len == nil {
			return around("[]", x.Elt, "")
		}
		return around("["+types.ExprString(x.Len)+"]", x.Elt, "")
	case *ast.MapType:
		key, err := typeText(x.Key)
		if err != nil {
			return "", err
		}
		return around("map["+key+"]", x.Value, "")
	case *ast.ChanType:
		return around(map[ast.ChanDir]string{ast.SEND: "chan<- ", ast.RECV: "<-chan "}[x.Dir]+bothWays(x.Dir), x.Value, "")
	case *ast.IndexExpr:
		return generic(x.X, []ast.Expr{x.Index})
	case *ast.IndexListExpr:
		return generic(x.X, x.Indices)
	case *ast.InterfaceType, *ast.StructType, *ast.FuncType:
		s := types.ExprString(x)
		s = strings.ReplaceAll(s, "interface{", "interface {")
		return strings.ReplaceAll(s, "struct{", "struct {"), nil
	}
	return "", fail(ErrSyntax, "%s is not a type", text(x))
}

func bothWays(d ast.ChanDir) string {
	if d == ast.SEND|ast.RECV {
		return "chan "
	}
	return ""
}

func around(before string, x ast.Expr, after string) (string, error) {
	s, err := typeText(x)
	return before + s + after, err
}

// generic writes an instance of a generic type.
func generic(x ast.Expr, args []ast.Expr) (string, error) {
	name, err := typeText(x)
	if err != nil {
		return "", err
	}
	var list []string
	for _, a := range args {
		s, err := typeText(a)
		if err != nil {
			return "", err
		}
		list = append(list, s)
	}
	return name + "[" + strings.Join(list, ",") + "]", nil
}

// Type finds a type by a type expression, as casts and assertions name it.
func (sc Scope) Type(expr string) (dump.Type, bool) {
	if len(expr) > maxExpression {
		return dump.Type{}, false
	}
	e := &evaluator{sc: sc, left: maxSteps}
	if t, err := e.typeNamed(expr, 0); err == nil && t.typ.Valid() {
		return t.typ, true
	}
	x, err := parser.ParseExpr(expr)
	if err != nil {
		return dump.Type{}, false
	}
	t, err := e.typeOf(x)
	return t.typ, err == nil && t.typ.Valid()
}
