package restore

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// Parts is a value taken apart, for programs that work on with what print shows
// to people. Its texts are printable.
type Parts struct {
	Name string // of a variable or field; "" elsewhere
	Key  *Parts // of an entry of a map

	Type string // its name
	Kind dump.Kind
	Text string // on one line, as print shows it; "" of a part with children, but of a time.Time

	Addr     uint64 // where it lay; 0 in registers, or unknown
	Pointer  uint64 // where it leads; 0 nowhere, or unknown
	Len, Cap int64  // -1: it has none, or unknown

	Absent string // why there is no value
	Short  string // why a part of it is missing

	Children []Parts // fields; elements; entries; what a pointer points to or an interface holds
	More     int64   // children that are left out
}

// Parts takes the value of a variable apart, to the depth of cfg, into so many
// parts at the most.
func (r *Reading) Parts(v dump.Variable, cfg LoadConfig, most int) (p Parts, stale bool) {
	n, stale := r.load(v, cfg, most)
	p = partsOf(&n, Printable(v.Name()))
	p.Text = formatNode(&n, "")
	return p, stale
}

// Text is the name and text that Parts gives, alone.
func (r *Reading) Text(v dump.Variable, cfg LoadConfig, most int) (p Parts, stale bool) {
	n, stale := r.load(v, cfg, most)
	return Parts{Name: Printable(v.Name()), Text: formatNode(&n, ""), Len: -1, Cap: -1}, stale
}

func (r *Reading) load(v dump.Variable, cfg LoadConfig, most int) (n node, stale bool) {
	value := v.Value()
	if !value.Valid() {
		n := node{typ: v.Type().Name()}
		n.absent(mock.Stub{Len: -1}, 0)
		return n, v.Stale()
	}
	l := newLoader(cfg)
	l.reading, l.left = r, min(l.left, most)
	return l.load(value, at{}), outOfDate(v, l.followed)
}

// partsOf turns a tree for printing into parts.
func partsOf(n *node, name string) Parts {
	p := Parts{Name: name, Type: Printable(n.typ), Kind: n.kind, Addr: n.addr, Pointer: n.ptr, Len: -1, Cap: -1, Absent: Printable(n.why), Short: Printable(n.remark)}
	if p.Addr >= placeless {
		p.Addr = 0
	}
	if n.stub == "" {
		p.measure(n)
		p.divide(n)
	}
	switch {
	case n.onlyAddr:
	case len(p.Children) == 0:
		p.Text = formatNode(n, "")
	case n.kind == dump.KindStruct:
		p.Text = Printable(n.text) // of a time.Time
	}
	return p
}

// measure takes over the length of what has one.
func (p *Parts) measure(n *node) {
	switch {
	case n.onlyAddr || n.isNil && n.kind != dump.KindSlice:
	case n.kind == dump.KindSlice || n.kind == dump.KindChan:
		p.Len, p.Cap = n.len, n.cap
	case n.kind == dump.KindString || n.kind == dump.KindArray || n.kind == dump.KindMap:
		p.Len = n.len
	}
}

// divide makes the children of what has some.
func (p *Parts) divide(n *node) {
	switch n.kind {
	case dump.KindPointer:
		if p.Pointer == 0 || len(n.children) == 0 {
			return
		}
		if target := &n.children[0]; target.onlyAddr {
			p.More, p.Short = 1, Printable(target.remark)
			return
		}
		p.Children = children(n.children)
	case dump.KindMap:
		for i := 0; i+1 < len(n.children); i += 2 {
			key := partsOf(&n.children[i], "")
			entry := partsOf(&n.children[i+1], "")
			entry.Key = &key
			p.Children = append(p.Children, entry)
		}
		p.More = n.len - int64(len(p.Children))
	case dump.KindStruct, dump.KindArray, dump.KindSlice:
		p.Children = children(n.children)
		p.More = n.len - int64(len(p.Children))
	case dump.KindInterface:
		p.Children = children(n.children)
	}
	if n.onlyAddr {
		p.More = 1
	}
}

func children(list []node) []Parts {
	var out []Parts
	for i := range list {
		out = append(out, partsOf(&list[i], Printable(list[i].name)))
	}
	return out
}
