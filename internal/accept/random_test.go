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

const programHead = `package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
)

type point struct {
	X, Y int
	Tag  string
	Next *point
}

var (
	passed, wanted int
	sink           any
)

// stop makes the dump when it is called for the wanted time.
//
//go:noinline
func stop() {
	if passed++; passed == wanted {
		_, err := dump.Snapshot("here", dump.File(os.Args[2]), dump.Depth(6))
		fmt.Println(err)
		os.Exit(0)
	}
}

//go:noinline
func keep(v any) { sink = v }

func main() {
	wanted, _ = strconv.Atoi(os.Args[1])
	fmt.Println(f0(3, "go", &point{1, 2, "start", nil}))
	fmt.Println("stops:", passed)
}
`

// randomProgram writes a program of n functions.
func randomProgram(seed uint64, n int) string {
	p := &program{rnd: rand.New(rand.NewPCG(seed, seed)), funcs: n}
	p.WriteString(programHead)
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
	switch n := p.rnd.IntN(16); {
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
	case n < 9:
		p.change()
	case n < 11:
		p.line("stop()")
	case n == 11 && nesting > 2:
		p.call()
	case n == 12 && nesting > 0:
		p.line("if %s > %s {", p.number(), p.number())
		p.block(nesting - 1)
		p.line("}")
	case n == 13 && nesting > 1:
		p.names++
		i := local{fmt.Sprintf("i%d", p.names), "int"}
		p.line("for %s := 0; %s < 3; %s++ {", i.name, i.name, i.name)
		p.vars = append(p.vars, i)
		p.block(nesting - 2)
		p.vars = p.vars[:len(p.vars)-1]
		p.line("}")
	case n == 14 && nesting > 0:
		p.line("func() {")
		p.block(0)
		p.line("}()")
	default:
		p.change()
	}
}

// change assigns to a variable that is there.
func (p *program) change() {
	v := p.vars[p.rnd.IntN(len(p.vars))]
	switch v.typ {
	case "int":
		if strings.HasPrefix(v.name, "i") {
			return // a loop's: it has to end
		}
		p.line("%s %s %s", v.name, []string{"=", "+=", "-=", "^="}[p.rnd.IntN(4)], p.number())
	case "string":
		p.line("%s += %s", v.name, p.text())
		p.line("if len(%s) > 40 {\n\t%s = %s[:7]\n}", v.name, v.name, v.name)
	case "*point":
		p.line("if %s != nil {\n\t%s.X += %s\n}", v.name, v.name, p.number())
	case "[]int":
		p.line("%s = append(%s, %s)", v.name, v.name, p.number())
	case "point":
		p.line("%s.Y = %s", v.name, p.number())
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
		return map[string]string{"int": "7", "string": `"z"`, "*point": "nil"}[typ]
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
