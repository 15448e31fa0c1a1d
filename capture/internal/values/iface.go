package values

import (
	"errors"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// iface follows an interface value: its first word gives the dynamic type, its
// second is the value if that is a pointer, or else points to it. The box is
// part of the interface and costs nothing; nor does the way from a context to
// the one from which it was made.
func (w *Walker) iface(t *types.Type, tab uint64, data []byte, parent bool) {
	dyn := w.dynamic(t, tab)
	if dyn == nil {
		return
	}
	if parent {
		w.chain++
		defer func() { w.chain-- }()
		if p := word(data, 0); p != 0 && dyn.Kind() == model.KindPointer {
			w.pointer(dyn, p, true)
			return
		}
	}
	if dyn.Direct() {
		if dyn.Size() == granule {
			w.scan(dyn.Scan(), data)
		}
		return
	}
	if dyn.Size() == 0 {
		return
	}
	p := word(data, 0)
	if p == 0 {
		w.corrupt(tab, dyn, -1, "interface with a type but without a value")
		return
	}
	w.push(p, dyn, 1)
}

// typeWord is the first word of an interface. In one without methods it leads to
// a type, else to a table; a dead slot of the other kind may hold the same word,
// which then means nothing.
type typeWord struct {
	addr  uint64
	empty bool
}

// itabType is the offset of the dynamic type in an internal/abi.ITab, the same
// from Go 1.25 to 1.27.
const itabType = 8

// errInterface says that what should be the type of a value cannot be.
var errInterface = errors.New("an interface's dynamic type is an interface")

// dynamic gives the type behind an interface's first word, nil if it has no
// meaning, and records it.
func (w *Walker) dynamic(t *types.Type, tab uint64) *types.Type {
	key := typeWord{tab, t.EmptyInterface()}
	if dyn, ok := w.words[key]; ok {
		return dyn
	}
	rtype := tab
	var err error
	if !key.empty {
		var b [8]byte
		err = w.reads.read(b[:], tab+itabType)
		rtype = word(b[:], 0)
	}
	var dyn *types.Type
	if err == nil {
		dyn, err = w.cfg.Types.FromRType(rtype)
	}
	if err == nil && dyn.Kind() == model.KindInterface { // what a dead slot holds
		dyn, err = nil, errInterface
	}
	w.words[key] = dyn
	if err != nil {
		w.stub(model.StubObj{Addr: tab, Size: granule, Reason: mock.Corrupt, Len: -1, Detail: err.Error()})
		return nil
	}
	dyn.Emit()
	if w.words[typeWord{tab, !key.empty}] == nil {
		w.cfg.Emit(&model.TypeWord{Addr: tab, Type: dyn.ID()})
	}
	return dyn
}
