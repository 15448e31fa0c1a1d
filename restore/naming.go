package restore

import (
	"fmt"
	"iter"

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
func nearest(g dump.Goroutine) iter.Seq[dump.Frame] {
	return func(yield func(dump.Frame) bool) {
		for f := range g.Frames() {
			if f.Index() >= namedFrames || f.NumVariables() <= namedVars && !yield(f) {
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
	if x.typ == "" {
		return v.Kind() == dump.KindChan && v.Pointer() == x.addr
	}
	return v.Addr() == x.addr && v.Type().Name() == x.typ
}

// name finds how the code of a goroutine's frames writes an object: s.mu. It
// looks at the frames outside the standard library from the innermost on, then
// at package variables. It gives the frame in which the name has this meaning.
func (s *Session) name(g dump.Goroutine, x thing) (expr string, in dump.Frame) {
	if x.addr == 0 {
		return "", in
	}
	for f := range nearest(g) {
		if f.Function().IsStd() || f.Hidden() {
			continue
		}
		if expr := nameIn(Scope{s: s, g: g, f: f, framed: true}, x); expr != "" {
			return expr, f
		}
	}
	return s.globalName(x), in
}

// nameIn looks for an object among what a frame's variables lead to, nearest first.
func nameIn(sc Scope, x thing) string {
	search := naming{want: x, left: namedSteps}
	for _, v := range sc.variables() {
		if !v.Fake() && !v.Shadowed() && !v.Stale() {
			search.add(v.Name(), v.Value(), 0)
		}
	}
	return search.run()
}

// globalName finds a package variable that is an object, or leads to it.
func (s *Session) globalName(x thing) string {
	search := naming{want: x, left: namedSteps}
	for v := range s.d.Globals() {
		search.add(shortName(v.Name()), v.Value(), namedDepth-1)
	}
	return search.run()
}

// naming is a breadth-first search through values.
type naming struct {
	want  thing
	left  int // steps
	queue []named
}

type named struct {
	expr  string
	v     dump.Value
	depth int
}

func (n *naming) add(expr string, v dump.Value, depth int) {
	if n.left > 0 && depth <= namedDepth && v.Valid() {
		n.left--
		n.queue = append(n.queue, named{expr, v, depth})
	}
}

func (n *naming) run() string {
	for i := 0; i < len(n.queue); i++ {
		x := n.queue[i]
		if n.want.is(x.v) {
			return Printable(x.expr)
		}
		n.expand(x)
	}
	return ""
}

// expand queues what a value holds or points to.
func (n *naming) expand(x named) {
	switch x.v.Kind() {
	case dump.KindPointer:
		elem := x.v.Elem()
		if k := elem.Kind(); k == dump.KindPointer || k == dump.KindSlice || k == dump.KindChan {
			n.add("(*"+x.expr+")", elem, x.depth+1)
			return
		}
		if !x.v.IsNil() {
			n.add(x.expr, elem, x.depth) // selectors go through pointers
		}
	case dump.KindStruct:
		for i := range x.v.NumField() {
			name := x.v.Type().Field(i).Name
			if x.v.Type().Field(i).Embedded {
				name = lastName(name)
			}
			if name != "_" {
				n.add(x.expr+"."+name, x.v.Field(i), x.depth+1)
			}
		}
	case dump.KindInterface:
		if !x.v.IsNil() {
			n.add(x.expr+".(data)", x.v.Elem(), x.depth+1)
		}
	case dump.KindSlice, dump.KindArray:
		length, _ := x.v.Len()
		for i := range min(length, namedElems) {
			n.add(fmt.Sprintf("%s[%d]", x.expr, i), x.v.Index(i), x.depth+1)
		}
	}
}
