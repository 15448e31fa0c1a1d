package restore

import (
	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/mock"
)

// node is a value as far as it is going to be printed: the loader makes a tree
// of them from the dump, the printer makes text of the tree.
type node struct {
	name     string // of the field, "" elsewhere
	typ      string
	kind     dump.Kind
	scalar   any    // bool, int64, uint64, float64, complex128 or string
	text     string // the scalar as Delve writes it; a func's name; a time.Time
	addr     uint64 // 0 only for what a nil pointer points to
	isNil    bool   // slice, map, chan, func
	onlyAddr bool   // not loaded: the address is shown
	len, cap int64
	children []node // of a map: key, element, key, element …
	stub     string // stands for the whole value
	why      string // the reason in it
	remark   string // after the value: why it is shorter than it was
	ptr      uint64 // where the value leads, 0 nowhere or unknown
}

// absent puts a stub in the place of the value, which has length elements if
// the reader knows that better than the stub does.
func (n *node) absent(s mock.Stub, length int64) {
	n.stub, n.why = stubText(s, n.typ, length), remarkText(s)
}

// placeless is the address shown for a value that lies in registers. It is
// where Delve counts such addresses from.
const placeless = 0xbeef000000000000

func addrOf(v dump.Value) uint64 {
	if a := v.Addr(); a != 0 {
		return a
	}
	return placeless
}

// stubText renders a stub with what the reader may know better than it does.
func stubText(s mock.Stub, typ string, n int64) string {
	if s.Type == "" {
		s.Type = typ
	}
	if n > 0 {
		s.Len = n
	}
	if s.Len == 0 && n <= 0 {
		s.Len = -1
	}
	return s.String()
}

// remarkText renders the reason of a stub alone.
func remarkText(s mock.Stub) string {
	if s.Detail == "" {
		return s.Reason.String()
	}
	return s.Reason.String() + ": " + s.Detail
}
