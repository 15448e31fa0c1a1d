package dump

import "github.com/gopostmortem/postmortem/internal/model"

// How deep structs and arrays may lie inside one another, and of how many
// parts a type may consist when all of them are counted, an array's element once.
const (
	maxNesting = 1000
	maxParts   = 1 << 20
)

// visit is a type on the path of the search below.
type visit struct {
	t    *model.Type
	next int       // part to look at
	seen typeShape // of the parts before next
}

// typeShape measures how a type is nested.
type typeShape struct{ height, parts int }

// with gives the shape of a type that has one more part.
func (s typeShape) with(p typeShape) typeShape {
	return typeShape{max(s.height, p.height+1), min(s.parts+p.parts+1, maxParts)}
}

func (s typeShape) tooLarge() bool { return s.height >= maxNesting || s.parts >= maxParts }

// part gives the type of the i-th part that a value of type t holds in itself.
func part(t *model.Type, i int) (id model.TypeID, ok bool) {
	switch {
	case t.Kind == model.KindStruct && i < len(t.Fields):
		return t.Fields[i].Type, true
	case t.Kind == model.KindArray && i == 0:
		return t.Elem, true
	}
	return 0, false
}

// cyclicTypes finds struct and array types that contain themselves, or consist
// of too many parts: no program has them, and whoever walks a value along its
// type would not come to an end. When these are made leaves, none is left.
func cyclicTypes(defs *definitions) []*model.Type {
	search := typeSearch{
		defs: defs, onPath: make(map[*model.Type]bool), done: make(map[*model.Type]typeShape),
	}
	for _, id := range defs.typeIDs {
		if t := defs.types[id]; !search.isDone(t) {
			search.from(t)
		}
	}
	return search.bad
}

// typeSearch is a depth-first search over what types contain, without recursion.
type typeSearch struct {
	defs   *definitions
	path   []visit
	onPath map[*model.Type]bool
	done   map[*model.Type]typeShape
	bad    []*model.Type
}

func (s *typeSearch) isDone(t *model.Type) bool { _, ok := s.done[t]; return ok }

func (s *typeSearch) enter(t *model.Type) {
	s.onPath[t] = true
	s.path = append(s.path, visit{t: t})
}

// leave ends the visit on top, whose type has the given shape.
func (s *typeSearch) leave(shape typeShape) {
	n := len(s.path) - 1
	delete(s.onPath, s.path[n].t)
	s.done[s.path[n].t] = shape
	s.path = s.path[:n]
	if n > 0 {
		s.path[n-1].seen = s.path[n-1].seen.with(shape)
	}
}

func (s *typeSearch) from(root *model.Type) {
	for s.enter(root); len(s.path) > 0; {
		top := &s.path[len(s.path)-1]
		id, more := part(top.t, top.next)
		top.next++
		p := s.defs.types[id]
		switch {
		case !more:
			s.leave(top.seen)
		case p == nil:
			top.seen = top.seen.with(typeShape{})
		case s.onPath[p], len(s.path) > maxNesting, top.seen.with(s.done[p]).tooLarge():
			s.bad = append(s.bad, top.t)
			s.leave(typeShape{})
		case s.isDone(p):
			top.seen = top.seen.with(s.done[p])
		default:
			s.enter(p)
		}
	}
}
