package restore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
)

// printer writes a tree on one line, in Delve's words.
type printer struct {
	strings.Builder
	verb string // of package fmt, for the numbers and strings; "" for Delve's way
}

// style tells a value how it stands: the outermost one is never elided, and a
// type is written only where it cannot be told from what surrounds the value.
type style struct{ top, types bool }

var (
	styleTop   = style{top: true, types: true}
	styleField = style{types: true}
	styleElem  = style{}
)

func (p *printer) node(n *node, s style) {
	if p.Len() > maxText {
		p.WriteString("...")
		return
	}
	if n.stub != "" {
		p.WriteString(n.stub)
		return
	}
	p.value(n, s)
	if n.remark != "" {
		p.WriteString(" [" + n.remark + "]")
	}
}

func (p *printer) value(n *node, s style) {
	if !s.top && n.addr == 0 && n.text == "" {
		if s.types && n.typ != "void" {
			p.WriteString(n.typ + " ")
		}
		p.WriteString("nil")
		return
	}
	switch n.kind {
	case dump.KindSlice:
		p.slice(n, s)
	case dump.KindArray:
		p.typed(n, s)
		p.list(n)
	case dump.KindPointer:
		p.pointer(n, s)
	case dump.KindUnsafePointer:
		fmt.Fprintf(p, "unsafe.Pointer(%#x)", n.scalar)
	case dump.KindChan:
		p.channel(n)
	case dump.KindStruct:
		p.structure(n, s)
	case dump.KindInterface:
		p.iface(n, s)
	case dump.KindMap:
		p.mapping(n, s)
	case dump.KindFunc:
		p.function(n)
	default:
		p.scalar(n)
	}
}

// typed writes the type in front of a value, where the style asks for it.
func (p *printer) typed(n *node, s style) {
	if s.types {
		p.WriteString(n.typ + " ")
	}
}

func (p *printer) scalar(n *node) {
	switch {
	case p.verb != "" && n.kind == dump.KindString:
		fmt.Fprintf(p, p.verb, n.scalar)
	case n.kind == dump.KindString:
		text, _ := n.scalar.(string)
		if more := n.len - int64(len(text)); more > 0 {
			text += fmt.Sprintf("...+%d more", more)
		}
		fmt.Fprintf(p, "%q", text)
	case p.verb != "" && n.scalar != nil:
		fmt.Fprintf(p, p.verb, n.scalar)
	default:
		p.WriteString(n.text)
	}
}

func (p *printer) pointer(n *node, s style) {
	target := &n.children[0]
	if !target.onlyAddr || target.addr == 0 {
		p.WriteString("*")
		p.node(target, style{types: s.types})
		return
	}
	p.address(n.typ, target.addr)
	if target.remark != "" {
		p.WriteString(" [" + target.remark + "]")
	}
}

// address writes a pointer as an expression that can be typed in again.
func (p *printer) address(typ string, addr uint64) {
	if strings.Contains(typ, "/") {
		fmt.Fprintf(p, "(%q)(%#x)", typ, addr)
		return
	}
	fmt.Fprintf(p, "(%s)(%#x)", typ, addr)
}

// reference writes where a value is, as a pointer to it.
func (p *printer) reference(n *node) {
	if strings.Contains(n.typ, "/") {
		fmt.Fprintf(p, "(*%q)(%#x)", n.typ, n.addr)
		return
	}
	fmt.Fprintf(p, "(*%s)(%#x)", n.typ, n.addr)
}

func (p *printer) slice(n *node, s style) {
	if s.types {
		capacity := "?"
		if n.cap != unknownCap {
			capacity = strconv.FormatInt(n.cap, 10)
		}
		fmt.Fprintf(p, "%s len: %d, cap: %s, ", n.typ, n.len, capacity)
	}
	if n.isNil && len(n.children) == 0 {
		p.WriteString("nil")
		return
	}
	p.list(n)
}

func (p *printer) list(n *node) {
	p.WriteString("[")
	for i := range n.children {
		p.node(&n.children[i], styleElem)
		if i != len(n.children)-1 {
			p.WriteString(",")
		}
	}
	p.more(n, int64(len(n.children)))
	p.WriteString("]")
}

// more says how many elements there are beyond those that were written.
func (p *printer) more(n *node, written int64) {
	switch {
	case written == n.len:
	case written == 0:
		p.WriteString("...")
	default:
		fmt.Fprintf(p, ",...+%d more", n.len-written)
	}
}

func (p *printer) mapping(n *node, s style) {
	p.typed(n, s)
	if n.isNil {
		p.WriteString("nil")
		return
	}
	p.WriteString("[")
	for i := 0; i+1 < len(n.children); i += 2 {
		p.node(&n.children[i], styleElem)
		p.WriteString(": ")
		p.node(&n.children[i+1], styleElem)
		p.WriteString(", ")
	}
	p.more(n, int64(len(n.children)/2))
	p.WriteString("]")
}

func (p *printer) channel(n *node) {
	if n.isNil {
		p.WriteString(n.typ + " nil")
		return
	}
	p.WriteString(n.typ + " " + n.text)
}

func (p *printer) function(n *node) {
	if n.isNil {
		p.WriteString("nil")
		return
	}
	p.WriteString(n.text)
}

func (p *printer) structure(n *node, s style) {
	if n.text != "" {
		p.WriteString(n.typ + "(" + n.text + ")")
		s.types = false
	}
	if n.len != 0 && len(n.children) == 0 {
		p.reference(n)
		return
	}
	p.typed(n, s)
	p.WriteString("{")
	for i := range n.children {
		p.WriteString(n.children[i].name + ": ")
		p.node(&n.children[i], styleField)
		if i != len(n.children)-1 {
			p.WriteString(", ")
		}
	}
	if more := n.len - int64(len(n.children)); more != 0 {
		fmt.Fprintf(p, ",...+%d more", more)
	}
	p.WriteString("}")
}

func (p *printer) iface(n *node, s style) {
	if n.isNil || len(n.children) == 0 {
		p.typed(n, s)
		p.WriteString("nil")
		return
	}
	data := &n.children[0]
	if s.types {
		p.WriteString(n.typ + "(" + data.typ + ") ")
	}
	inner := style{types: !s.types}
	switch {
	case data.stub != "":
		p.WriteString(data.stub)
	case data.kind != dump.KindPointer && data.onlyAddr:
		p.WriteString("*")
		p.reference(n)
	case data.kind != dump.KindPointer:
		p.node(data, inner)
	case len(data.children) == 0:
		p.WriteString("...")
	case data.children[0].addr == 0:
		p.WriteString("nil")
	case data.children[0].onlyAddr && data.children[0].remark == "":
		fmt.Fprintf(p, "0x%x", data.addr)
	default:
		p.node(data, inner)
	}
}
