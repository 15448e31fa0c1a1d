package freeze

// Range is a range of addresses.
type Range struct{ Lo, Hi uint64 }

// Runtime says where this program's runtime keeps the tables from which a copy
// starts. Offsets come from the program's own DWARF.
type Runtime struct {
	Data     []Range // variables: mapped for as long as the program runs
	Constant []Range // likewise, and never written to: code, types, literals

	AllGs uint64 // address of runtime.allgs, a []*g
	G     struct {
		Size, ID, Status, M, StackLo, StackHi, SP, SyscallSP uint64
		XRegs                                                uint64 // pointer to vector registers, 0 if there is none
		XRegsSize                                            uint64 // how much there is to be read
	}

	Heap       uint64 // address of runtime.mheap_
	Arenas     uint64 // offset in it of [L1]*[L2]*heapArena
	L1, L2     uint64
	HeapArenas uint64 // offset in it of a []uint of indices of arenas
	ArenaSize  uint64 // of a heapArena, the description
	Spans      uint64 // offset in it of [Pages]*mspan
	Pages      uint64 // of an arena
	Base       uint64 // what is added to an address before it is divided into arenas

	Span struct {
		Size, Start, Pages, State, ElemSize, Class, Elems, AllocBits, MarkBits uint64
	}
}

// What the runtime fixes for all systems (runtime/mheap.go, sizeclasses.go).
const (
	pageShift  = 13
	spanInUse  = 1 // holds objects
	spanManual = 2 // holds stacks
	noScanBit  = 1 // of a span's class

	gScan    = 0x1000 // a bit of g.atomicstatus
	gRunning = 2
	gDead    = 6
)
