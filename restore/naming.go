package restore

import (
	"iter"
	"slices"
	"strconv"

	"github.com/gopostmortem/postmortem/dump"
)

// Bounds of the search for a name.
const (
	namedFrames = 16   // of a goroutine, that are looked at
	namedSteps  = 2000 // values of a frame
	namedDepth  = 4    // selectors and indexes
	namedElems  = 16   // of a slice or array
	namedVars   = 2000 // of a frame; one with more is passed over
)

// nearest gives the frames of a goroutine that are searched, the innermost first.
func nearest(g dump.Goroutine, r *Reading) iter.Seq[dump.Frame] {
	return func(yield func(dump.Frame) bool) {
		for f := range g.Frames() {
			n := f.NumVariables()
			if f.Index() >= namedFrames || n <= namedVars && !(r.search(n+1) && yield(f)) {
				return
			}
		}
	}
}

// thing is an object of the program that a variable may lead to.
type thing struct {
	addr uint64
	typ  string // "" for a channel
}

func (x thing) is(v dump.Value) bool {
	if x.addr == 0 { // nothing is looked for, nil channels included
		return false
	}
	if x.typ == "" {
		return v.Kind() == dump.KindChan && v.Pointer() == x.addr
	}
	return v.Addr() == x.addr && v.Type().Name() == x.typ
}

// name finds how the code of a goroutine's frames writes an object: s.mu. It
// looks at the frames outside the standard library from the innermost on, then
// at package variables. It gives the frame in which the name has this meaning.
func (s *Session) name(g dump.Goroutine, x thing, r *Reading) (expr string, in dump.Frame) {
	if x.addr == 0 {
		return "", in
	}
	for f := range nearest(g, r) {
		if f.Function().IsStd() || f.Hidden() {
			continue
		}
		if expr := nameIn(Scope{s: s, g: g, f: f, framed: true}, x, r); expr != "" {
			return expr, f
		}
	}
	return s.globalName(x), in
}

// nameIn looks for an object among what a frame's variables lead to, nearest first.
func nameIn(sc Scope, x thing, r *Reading) string {
	search := naming{want: x, left: namedSteps}
	for _, v := range sc.variables() {
		if !v.Fake() && !v.Shadowed() && !v.Stale() {
			search.add(named{from: -1, how: v.Name(), v: v.Value()})
		}
	}
	i := search.run()
	r.search(len(search.queue))
	if i < 0 {
		return ""
	}
	return Printable(search.expr(i))
}

// globalName finds a package variable that is an object, or leads to it.
func (s *Session) globalName(x thing) string {
	if s.globals == nil {
		s.globals = &globalNames{naming{left: namedSteps}, map[thing]int{}}
		s.globals.fill(s.d)
	}
	if i, ok := s.globals.at[x]; ok {
		return Printable(s.globals.expr(i))
	}
	return ""
}

// globalNames is what package variables lead to.
type globalNames struct {
	naming
	at map[thing]int // in the queue
}

func (n *globalNames) fill(d *dump.Dump) {
	for v := range d.Globals() {
		n.add(named{from: -1, how: shortName(v.Name()), v: v.Value(), depth: namedDepth - 1})
	}
	n.run()
	for i, x := range slices.Backward(n.queue) { // the nearest name stays
		n.at[thing{x.v.Addr(), x.v.Type().Name()}] = i
		if x.v.Kind() == dump.KindChan {
			n.at[thing{addr: x.v.Pointer()}] = i
		}
	}
}

// naming is a breadth-first search through values.
type naming struct {
	want  thing
	left  int // steps
	queue []named
}

// named is a value, and how it is reached.
type named struct {
	from  int    // the value in the queue of which it is a part, or to which it points; -1: it is a variable
	how   string // the variable's name; what is written behind it; "*" around it
	index int    // how, of an element
	v     dump.Value
	depth int
}

func (n *naming) add(x named) {
	if n.left > 0 && x.depth <= namedDepth && x.v.Valid() {
		n.left--
		n.queue = append(n.queue, x)
	}
}

// run gives the place in the queue of what is wanted, or -1.
func (n *naming) run() int {
	for i := 0; i < len(n.queue); i++ {
		if n.want.is(n.queue[i].v) {
			return i
		}
		n.expand(i)
	}
	return -1
}

// expr writes what is at a place in the queue.
func (n *naming) expr(i int) string {
	switch x := n.queue[i]; {
	case x.from < 0:
		return x.how
	case x.how == "*":
		return "(*" + n.expr(x.from) + ")"
	case x.how == "":
		return n.expr(x.from) + "[" + strconv.Itoa(x.index) + "]"
	case x.how == "->": // selectors go through pointers
		return n.expr(x.from)
	default:
		return n.expr(x.from) + x.how
	}
}

// expand queues what a value holds or points to.
func (n *naming) expand(i int) {
	x := n.queue[i]
	switch x.v.Kind() {
	case dump.KindPointer:
		elem := x.v.Elem()
		if k := elem.Kind(); k == dump.KindPointer || k == dump.KindSlice || k == dump.KindChan {
			n.add(named{from: i, how: "*", v: elem, depth: x.depth + 1})
			return
		}
		if !x.v.IsNil() {
			n.add(named{from: i, how: "->", v: elem, depth: x.depth})
		}
	case dump.KindStruct:
		for k := range x.v.NumField() {
			if n.left == 0 {
				return
			}
			f := x.v.Type().Field(k)
			name := f.Name
			if f.Embedded {
				name = lastName(name)
			}
			if name != "_" {
				n.add(named{from: i, how: "." + name, v: x.v.Field(k), depth: x.depth + 1})
			}
		}
	case dump.KindInterface:
		if !x.v.IsNil() {
			n.add(named{from: i, how: ".(data)", v: x.v.Elem(), depth: x.depth + 1})
		}
	case dump.KindSlice, dump.KindArray:
		length, _ := x.v.Len()
		for k := range min(length, namedElems) {
			n.add(named{from: i, index: int(k), v: x.v.Index(k), depth: x.depth + 1})
		}
	}
}
