// Package values walks the graph of values that variables of a frozen program
// reach, breadth first, and turns it into the records of a dump.
//
// Depth counts references: pointers, also those that interfaces and closures
// hold. What a string, slice, map, channel or interface holds itself belongs
// to it and costs nothing. Nothing recurses over data, nothing is allocated by
// a length that the program's memory gives, and nothing of the program is
// called.
package values

import (
	"context"
	"math"

	"github.com/gopostmortem/postmortem/capture/internal/offheap"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Memory is the frozen address space.
type Memory interface {
	// ReadMemory fills p with the bytes at addr, all of it or an error. It is
	// asked for a few bytes here and there.
	ReadMemory(p []byte, addr uint64) error
}

// BatchReader is implemented by a [Memory] that reads many ranges at once.
type BatchReader interface {
	// ReadBatch fills each buffer with the bytes at its address. errs has one
	// place for each and says which buffers could not be filled.
	ReadBatch(addrs []uint64, bufs [][]byte, errs []error)
}

// Limits bound a walk. Zero means the default of [Defaults], but for Depth.
type Limits struct {
	Depth    int   // references followed from a variable; -1 no limit
	Bytes    int64 // of all values
	Objects  int64 // followed
	Elements int64 // kept of one slice, map, channel or large array
	String   int64 // bytes kept of one string, or of one slice or array of bytes
}

// Defaults are limits that a service can live with.
var Defaults = Limits{Depth: 3, Bytes: 64 << 20, Objects: 2 << 20, Elements: 4096, String: 64 << 10}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct{ v, d *int64 }{
		{&l.Bytes, &Defaults.Bytes}, {&l.Objects, &Defaults.Objects}, {&l.Elements, &Defaults.Elements}, {&l.String, &Defaults.String},
	} {
		if *f.v <= 0 {
			*f.v = *f.d
		}
	}
	return l
}

// Config says what is walked and where the records go.
type Config struct {
	Types  *types.Types // begun for this capture
	Mem    Memory
	Limits Limits
	// Emit receives *model.Memory, *model.TypeWord, *model.MapObj,
	// *model.ChanObj, *model.FuncObj and *model.StubObj. It must not keep the
	// bytes of a Memory record.
	Emit func(rec any)
	// Func gives the number of the function that begins at or covers a code
	// address, 0 if there is none.
	Func func(pc uint64) model.FuncID
	// Code reports whether an address lies in the program's code.
	Code func(addr uint64) bool
	// Goroutine gives the id of the goroutine whose g is at an address, 0 if it
	// is not known. Nil: none is.
	Goroutine func(addr uint64) model.GoID
}

// Figures count what a walk did.
type Figures struct {
	Objects int64 // followed
	Bytes   int64 // kept
	Stubs   int64
	Maps    int64
	Chans   int64
	Reads   int64 // calls to the memory
}

// unlimited is the number of references left when there is no limit.
const unlimited = math.MaxInt32

// Walker is one walk. It is not safe for concurrent use.
type Walker struct {
	cfg   Config
	lim   Limits
	depth int32

	// One level is worked off in waves: what costs no reference joins the next
	// wave, what costs one waits for the next level.
	wave   wave
	deeper wave
	worked wave   // worked off, for its room
	spans  []span // of the objects being read
	left   int32  // references left for what is being looked at
	chain  uint8  // contexts that led to it

	waiting int        // objects in both waves
	spare   [][]object // pieces that hold none
	buffers [][]byte   // where pieces lie

	seen    seenTable
	slices  sliceTable
	cover   coverage
	out     block
	reads   reader
	waiter  []byte                   // of a channel's queue
	words   map[typeWord]*types.Type // type words met, nil for those that mean nothing
	maps    map[uint64]int32         // references left when they were last looked at
	chans   offheap.Map
	funcs   map[uint64]int32
	stubs   map[stubKey]model.StubObj
	lost    map[mock.Reason]int64
	synth   uint64      // where the next normalised entries go
	stop    mock.Reason // why nothing more is followed, Unknown while it goes on
	queued  int64       // objects, also those still to be visited
	figures Figures
}

// wave is work that is done together.
type wave struct {
	objects objectList
	maps    []place
	chans   []place
	funcs   []uint64
}

func (w *wave) done() bool {
	return len(w.objects.pieces) == 0 && len(w.maps) == 0 && len(w.chans) == 0 && len(w.funcs) == 0
}

func (w *wave) places() int { return len(w.maps) + len(w.chans) + len(w.funcs) }

// empty gives an empty wave with the room of this one.
func (w *wave) empty() wave {
	return wave{objectList{w.objects.pieces[:0]}, w.maps[:0], w.chans[:0], w.funcs[:0]}
}

// object is memory to be kept: n values of one type, or n bytes when typ is 0.
// There are many; it holds no pointer, so that the garbage collector need not
// look at them.
type object struct {
	addr   uint64
	n      int64
	typ    model.TypeID
	follow bool // and to be looked through
	stored bool // the dump has its bytes already
	chain  uint8
}

// maxChain is how many contexts are followed, each to the one from which it was
// made, without that costing a reference.
const maxChain = 100

// place is a map or channel that a word refers to.
type place struct {
	addr uint64
	typ  *types.Type // nil: a channel that has to say itself what it is of
}

// New begins a walk.
func New(cfg Config) *Walker {
	w := &Walker{
		cfg: cfg, lim: cfg.Limits.withDefaults(), depth: int32(cfg.Limits.Depth), synth: synthetic,
		words: map[typeWord]*types.Type{}, maps: map[uint64]int32{},
		funcs: map[uint64]int32{}, stubs: map[stubKey]model.StubObj{},
		lost: map[mock.Reason]int64{},
	}
	if cfg.Limits.Depth < 0 || cfg.Limits.Depth > unlimited {
		w.depth = unlimited
	}
	w.left = w.depth
	w.reads.init(cfg.Mem, &w.figures)
	w.cover.init()
	w.out.init(cfg.Emit)
	return w
}

// Stored tells that the dump has the bytes of a range already, in a goroutine's stack image.
func (w *Walker) Stored(addr uint64, size int64) {
	if size > 0 && addr+uint64(size) > addr {
		w.cover.mark((addr+granule-1)&^(granule-1), (addr+uint64(size))&^(granule-1))
	}
}

// Root queues a variable. When stored is set the dump has its own bytes
// already, and only what it refers to is kept.
func (w *Walker) Root(t *types.Type, addr uint64, stored bool) {
	w.left = w.depth
	t.Emit()
	if stored {
		w.Stored(addr, t.Size())
		if !t.Scan().Empty() && w.seen.better(addr, t.ID(), w.left) {
			w.queue(object{addr: addr, n: 1, typ: t.ID(), follow: true, stored: true})
		}
		return
	}
	w.push(addr, t, 1)
}

// RootBytes queues what a variable refers to whose bytes are at hand, for
// instance because they lie in registers.
func (w *Walker) RootBytes(t *types.Type, b []byte) {
	w.left = w.depth
	t.Emit()
	if int64(len(b)) >= t.Size() {
		w.scan(t.Scan(), b)
	}
}

// Shallow notes a variable whose own bytes b the dump has already and whose
// references are not to be followed, but for the text of strings: the runtime's
// own variables lead into all of its tables.
func (w *Walker) Shallow(t *types.Type, addr uint64, b []byte) {
	t.Emit()
	w.Stored(addr, t.Size())
	if int64(len(b)) < t.Size() {
		return
	}
	s := t.Scan()
	for i := range s.Words {
		if f := &s.Words[i]; f.Kind == model.KindString {
			w.str(f.Type, word(b, f.Offset), int64(word(b, f.Offset+8)))
		}
	}
}

// Closure queues a func value's closure: its function, and what it captured.
func (w *Walker) Closure(addr uint64) {
	w.left = w.depth
	w.closure(addr)
}

// Channel queues a channel of which only the address is known.
func (w *Walker) Channel(addr uint64) {
	w.left = min(w.depth, 1)
	w.channel(addr, nil)
}

// channel queues a channel, once where a function passes it on to the next.
func (w *Walker) channel(addr uint64, t *types.Type) {
	if n := len(w.wave.chans); n == 0 || w.wave.chans[n-1].addr != addr {
		w.wave.chans = append(w.wave.chans, place{addr, t})
	}
}

// Run works off what has been queued. When ctx ends, what is left over becomes stubs.
func (w *Walker) Run(ctx context.Context) {
	w.left = w.depth
	for {
		for !w.wave.done() {
			w.watch(ctx)
			now := w.wave
			w.wave, w.worked = w.worked, wave{}
			w.visitObjects(ctx, now.objects.pieces)
			w.visitFuncs(now.funcs)
			w.visitMaps(ctx, now.maps)
			w.visitChans(ctx, now.chans)
			w.worked = now.empty()
		}
		if w.deeper.done() {
			break
		}
		w.wave, w.deeper = w.deeper, w.wave
		if w.left != unlimited {
			w.left--
		}
	}
	w.left = w.depth
	w.out.flush()
}

// watch stops the walk when its time is up.
func (w *Walker) watch(ctx context.Context) {
	if w.stop == mock.Unknown && ctx.Err() != nil {
		w.stop = mock.TimeLimit
	}
}

// Finish ends the walk: it emits the stubs for what was not reached after all,
// and tells what was lost, by reason.
func (w *Walker) Finish() []model.Loss {
	w.out.flush()
	w.emitStubs()
	return w.losses()
}

// Figures tells what the walk did so far.
func (w *Walker) Figures() Figures { return w.figures }
