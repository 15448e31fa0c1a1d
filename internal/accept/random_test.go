//go:build linux && amd64

package accept

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A random program: functions that call those after them, with local variables
// of several types that are declared, changed, dropped and kept by chance, and
// calls of stop between. It does the same in each run and each build.
type program struct {
	strings.Builder
	rnd   *rand.Rand
	funcs int
	depth int
	vars  []local // in scope
	names int
	self  int // the function being written
}

// local is a variable in scope.
type local struct{ name, typ string }

// randomProgram writes a program of n functions.
func randomProgram(pkg string, seed uint64, n int) string {
	p := &program{rnd: rand.New(rand.NewPCG(seed, seed)), funcs: n}
	p.WriteString("package " + pkg + programHead)
	for i := range n {
		p.function(i)
	}
	return p.String()
}

func (p *program) line(format string, args ...any) {
	p.WriteString(strings.Repeat("\t", p.depth))
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

func (p *program) chance(percent int) bool { return p.rnd.IntN(100) < percent }

func (p *program) function(i int) {
	p.self, p.names = i, 0
	p.line("")
	if p.chance(50) {
		p.line("//go:noinline")
	}
	p.line("func f%d(a int, s string, q *point) int {", i)
	p.vars = []local{{"a", "int"}, {"s", "string"}, {"q", "*point"}}
	p.block(3)
	if p.chance(70) {
		p.depth++
		p.line("stop()")
		p.depth--
	}
	p.depth++
	p.line("return %s", p.number())
	p.depth--
	p.line("}")
}

// block writes statements; the variables they declare end with it.
func (p *program) block(nesting int) {
	scope := len(p.vars)
	p.depth++
	most := 4 + p.rnd.IntN(6)
	for i := range most {
		if nesting > 2 && i == most/2 {
			p.call()
		}
		p.statement(nesting)
	}
	for _, v := range p.vars[scope:] { // a variable has to be used
		if p.chance(25) {
			p.line("keep(%s)", v.name)
		} else {
			p.line("_ = %s", v.name)
		}
	}
	p.depth--
	p.vars = p.vars[:scope]
}

// call calls one of the next functions, if there is one.
func (p *program) call() {
	if left := p.funcs - p.self - 1; left > 0 {
		p.declare("int", fmt.Sprintf("f%d(%s, %s, %s)", p.self+1+p.rnd.IntN(min(2, left)), p.number(), p.text(), p.pick("*point")))
	}
}

func (p *program) declare(typ, value string) {
	p.names++
	v := local{fmt.Sprintf("v%d", p.names), typ}
	p.line("%s := %s", v.name, value)
	p.vars = append(p.vars, v)
}

func (p *program) statement(nesting int) {
	switch n := p.rnd.IntN(30); {
	case n < 2:
		p.declare("int", p.number())
	case n == 2:
		p.declare("string", p.text())
	case n == 3:
		p.declare("*point", fmt.Sprintf("&point{%s, %s, %s, %s}", p.number(), p.number(), p.text(), p.pick("*point")))
	case n == 4:
		p.declare("[]int", fmt.Sprintf("[]int{%s, %s}", p.number(), p.number()))
	case n == 5:
		p.declare("point", fmt.Sprintf("point{%s, %s, %s, nil}", p.number(), p.number(), p.text()))
	case n < 12:
		p.declareOther(n)
	case n < 16:
		p.change()
	case n < 18:
		p.line("stop()")
	case n == 18 && nesting > 2:
		p.call()
	case n < 27 && nesting > 0:
		p.nested(n, nesting)
	case n == 27:
		p.declare("int", fmt.Sprintf("%s.f80(%s)", p.pick("pair"), p.number()))
	case n == 28:
		p.names += 2
		v, w := local{fmt.Sprintf("v%d", p.names-1), "int"}, local{fmt.Sprintf("v%d", p.names), "string"}
		p.line("%s, %s := f82(%s, %s)", v.name, w.name, p.number(), p.text())
		p.vars = append(p.vars, v, w)
	default:
		p.change()
	}
}

// declareOther declares variables of less common types.
func (p *program) declareOther(n int) {
	switch n {
	case 6:
		p.declare("float64", fmt.Sprintf("float64(%s) / 3", p.number()))
	case 7:
		p.declare("pair", fmt.Sprintf("pair{%s, %s}", p.number(), p.text()))
	case 8:
		p.declare("bool", fmt.Sprintf("%s > %s", p.number(), p.number()))
	case 9:
		p.declare("any", fmt.Sprintf("any(%s)", []string{p.number(), p.text(), p.pick("pair"), p.pick("float64")}[p.rnd.IntN(4)]))
	case 10:
		p.declare("[3]int", fmt.Sprintf("[3]int{%s, %s}", p.number(), p.number()))
	case 11:
		if p.chance(50) {
			p.declare("map[string]int", fmt.Sprintf("map[string]int{%s: %s}", p.text(), p.number()))
		} else {
			p.declare("wide", fmt.Sprintf("wide{B: float64(%s)}", p.number()))
		}
	}
}

// nested writes a statement with a block.
func (p *program) nested(n, nesting int) {
	p.names++
	scope := len(p.vars)
	switch k := p.names; {
	case n < 20:
		p.line("if %s > %s {", p.number(), p.number())
		p.block(nesting - 1)
		if p.chance(40) {
			p.line("} else {")
			p.block(nesting - 1)
		}
		p.line("}")
	case n == 20:
		p.line("func() {")
		p.block(0)
		p.line("}()")
	case n == 21:
		p.line("switch x%d := %s; {", k, p.number())
		p.line("case x%d > 10:", k)
		p.block(nesting - 1)
		p.line("case x%d > 5:", k)
		p.block(0)
		if p.chance(30) {
			p.line("\tfallthrough")
		}
		p.line("default:")
		p.block(0)
		p.line("}")
	case n == 22:
		p.line("switch x%d := any(%s).(type) {", k, p.pick("any"))
		p.line("case int:")
		p.line("\tkeep(x%d + 1)", k)
		p.block(0)
		p.line("case string:")
		p.line("\tkeep(x%d + \"!\")", k)
		p.block(0)
		p.line("}")
	case nesting < 2:
		p.change()
	case n == 26 && p.chance(40):
		p.jumps(k)
	default:
		p.loop(n, k, nesting)
	}
	p.vars = p.vars[:scope]
}

// loop writes the kth statement, a loop.
func (p *program) loop(n, k, nesting int) {
	i := local{fmt.Sprintf("i%d", k), "int"}
	switch n {
	case 23:
		p.line("for %s := 0; %s < 3; %s++ {", i.name, i.name, i.name)
		p.vars = append(p.vars, i)
		p.block(nesting - 2)
		p.line("}")
	case 24:
		p.line("for %s, ix%d := range %s {", i.name, k, p.pick("[]int"))
		p.line("\tif %s > 2 {\n\t\tbreak\n\t}", i.name)
		p.vars = append(p.vars, i, local{fmt.Sprintf("ix%d", k), "int"})
		p.block(nesting - 2)
		p.line("\t_ = ix%d", k)
		p.line("}")
	case 25:
		p.line("for %s, x%d := range f85(2) {", i.name, k)
		p.vars = append(p.vars, i, local{fmt.Sprintf("x%d", k), "string"})
		p.block(0)
		p.line("\t_, _ = %s, x%d", i.name, k)
		p.line("}")
	case 26:
		p.line("loop%d:", k)
		p.line("for %s := range 3 {\n\t_ = %s", i.name, i.name)
		p.vars = append(p.vars, i)
		p.block(0)
		p.line("\tfor range 2 {")
		p.line("\t\tif %s > %s {\n\t\t\t%s loop%d\n\t\t}", p.number(), p.number(), []string{"break", "continue"}[p.rnd.IntN(2)], k)
		p.block(0)
		p.line("\t}")
		p.line("}")
	}
}

// jumps writes one back and one forward.
func (p *program) jumps(k int) {
	p.line("{\n\tj%d := 0\nback%d:", k, k)
	p.block(0)
	p.line("\tif j%d++; j%d < 3 {\n\t\tgoto back%d\n\t}\n}", k, k, k)
	p.line("if %s > %s {\n\tgoto on%d\n}\n{", p.number(), p.number(), k)
	p.block(0)
	p.line("}\non%d:", k)
	p.line("stop()")
}

// change assigns to a variable that is there.
func (p *program) change() {
	v := p.vars[p.rnd.IntN(len(p.vars))]
	switch v.typ {
	case "int":
		if strings.HasPrefix(v.name, "i") {
			return // a loop's: it has to end
		}
		switch p.rnd.IntN(8) {
		case 0:
			p.line("%s, _ = f82(%s, %s)", v.name, p.number(), p.text())
		case 1:
			p.line("%s, _ = f83(%s)", v.name, p.number())
		case 2:
			p.line("%s++", v.name)
		case 3:
			w := p.pick("int")
			if !strings.HasPrefix(w, "i") && w != "7" {
				p.line("%s, %s = %s, %s", v.name, w, p.number(), p.number())
			}
		default:
			p.line("%s %s %s", v.name, []string{"=", "+=", "-=", "^="}[p.rnd.IntN(4)], p.number())
		}
	case "string":
		p.line("%s += %s", v.name, p.text())
		p.line("if len(%s) > 40 {\n\t%s = %s[:7]\n}", v.name, v.name, v.name)
	case "*point":
		p.line("if %s != nil {\n\t%s.X += %s\n}", v.name, v.name, p.number())
	case "[]int":
		if p.chance(30) {
			p.line("_, %s[0] = f84(%s, %s)", v.name, v.name, p.number())
		} else {
			p.line("%s = append(%s, %s)", v.name, v.name, p.number())
		}
		p.line("if len(%s) > 5 {\n\t%s = %s[1:3]\n}", v.name, v.name, v.name)
	case "point":
		p.line("%s.Y = %s", v.name, p.number())
	default:
		p.changeOther(v)
	}
}

func (p *program) changeOther(v local) {
	switch v.typ {
	case "float64":
		p.line("%s = %s*0.5 + float64(%s&15)", v.name, v.name, p.pick("int"))
	case "pair":
		switch p.rnd.IntN(3) {
		case 0:
			p.line("%s.A, %s.B = f82(%s, %s.B)", v.name, v.name, p.number(), v.name)
		case 1:
			p.line("%s.f81(%s)", v.name, p.number())
		default:
			p.line("%s = pair{%s, %s}", v.name, p.number(), p.text())
		}
	case "bool":
		p.line("%s = !%s || %s > 3", v.name, v.name, p.number())
	case "any":
		p.line("%s = %s", v.name, p.text())
	case "[3]int":
		p.line("%s[%d] = %s", v.name, p.rnd.IntN(3), p.number())
	case "map[string]int":
		p.line("%s[%q] = f86(%s, \"k\", %s)", v.name, "x", v.name, p.number())
	case "wide":
		p.line("%s.A[%s&3]++", v.name, p.pick("int"))
	}
}

// pick gives a variable of a type, or the type's zero value.
func (p *program) pick(typ string) string {
	var have []string
	for _, v := range p.vars {
		if v.typ == typ {
			have = append(have, v.name)
		}
	}
	if len(have) == 0 {
		return map[string]string{"int": "7", "string": `"z"`, "*point": "nil", "pair": `pair{4, "y"}`, "float64": "2.5", "any": "any(nil)", "[]int": "[]int{5, 6}"}[typ]
	}
	return have[p.rnd.IntN(len(have))]
}

func (p *program) number() string {
	switch p.rnd.IntN(6) {
	case 0:
		return fmt.Sprint(p.rnd.IntN(1000))
	case 1:
		return fmt.Sprintf("%s*%d", p.pick("int"), 2+p.rnd.IntN(5))
	case 2:
		return fmt.Sprintf("%s+%s", p.pick("int"), p.pick("int"))
	case 3:
		return fmt.Sprintf("len(%s)", p.pick("string"))
	default:
		return p.pick("int")
	}
}

func (p *program) text() string {
	switch p.rnd.IntN(4) {
	case 0:
		return fmt.Sprintf("%q", strings.Repeat("ab", 1+p.rnd.IntN(4)))
	case 1:
		return fmt.Sprintf("strconv.Itoa(%s)", p.number())
	default:
		return p.pick("string")
	}
}
