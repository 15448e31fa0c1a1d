package model

import (
	"encoding/binary"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// Fields that hold several values.

// strs is a list of strings: the tag is repeated.
func strs(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "[]string", 0}, &stringsCodec, off, nil, nil}
}

var stringsCodec = codec{
	wire: wire.TypeBytes, repeated: true,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		list := *(*[]string)(p)
		e.elements += len(list)
		for _, s := range list {
			e.b = appendLength(e.b, f.Num, len(s))
			e.b = append(e.b, s...)
		}
	},
	decode: func(d *decoder, _ *field, v wire.Field, p unsafe.Pointer) error {
		if err := d.element(1); err != nil {
			return err
		}
		list := (*[]string)(p)
		room(list, d.run)
		*list = append(*list, d.names.get(v.Bytes))
		return nil
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		list := *(*[]string)(p)
		return appendList(b, len(list), func(b []byte, i int) []byte { return appendQuoted(b, list[i]) })
	},
}

// numbers is a list of numbers, packed in one field.
func numbers(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "[]uint32", 0}, &numbersCodec, off, nil, nil}
}

var numbersCodec = codec{
	wire: wire.TypeBytes,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if list := *(*[]uint32)(p); len(list) > 0 {
			e.elements += len(list)
			e.nested(f.Num, func() {
				for _, v := range list {
					e.b = wire.AppendUvarint(e.b, uint64(v))
				}
			})
		}
	},
	decode: func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if len(v.Bytes) == 0 {
			return zero(f.Name)
		}
		list := (*[]uint32)(p)
		room(list, varints(v.Bytes))
		for b := v.Bytes; len(b) > 0; {
			if err := d.element(1); err != nil {
				return err
			}
			n, rest, err := wire.Uvarint(b)
			if err != nil {
				return err
			}
			if n > 1<<32-1 {
				return wire.Malformed("field %s beyond %d", f.Name, uint32(1<<32-1))
			}
			*list, b = append(*list, uint32(n)), rest
		}
		return nil
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		list := *(*[]uint32)(p)
		return appendList(b, len(list), func(b []byte, i int) []byte { return appendUint(b, uint64(list[i])) })
	},
}

// elems is what a list of messages holds.
type elems struct {
	of     string
	fields fields
	size   uintptr                                         // of one
	grow   func(list unsafe.Pointer, n int) unsafe.Pointer // appends a zero one, the first of n, and says where it is
}

// grow appends a zero E, the first of n, to the list at p.
func grow[E any](p unsafe.Pointer, n int) unsafe.Pointer {
	list := (*[]E)(p)
	room(list, n)
	*list = append(*list, *new(E))
	return unsafe.Pointer(&(*list)[len(*list)-1])
}

// room makes room for n elements in an empty list.
func room[E any](list *[]E, n int) {
	if *list == nil && n > 1 {
		*list = make([]E, 0, n)
	}
}

// varints counts the varints of a packed field, but not more than a record may have.
func varints(b []byte) int {
	n := 0
	for _, c := range b {
		if c < 0x80 {
			n++
		}
	}
	return min(n, MaxElements)
}

// The structs that there are lists of.
var (
	cFrameList      = elems{"cframe", cFrameFields, unsafe.Sizeof(CFrame{}), grow[CFrame]}
	constList       = elems{"const", constFields, unsafe.Sizeof(Const{}), grow[Const]}
	deferList       = elems{"defer", deferFields, unsafe.Sizeof(Defer{}), grow[Defer]}
	fieldList       = elems{"field", fieldFields, unsafe.Sizeof(Field{}), grow[Field]}
	frameInlineList = elems{"inline", inlineFields, unsafe.Sizeof(FrameInline{}), grow[FrameInline]}
	kVList          = elems{"kv", kvFields, unsafe.Sizeof(KV{}), grow[KV]}
	locFrameList    = elems{"locframe", locFrameFields, unsafe.Sizeof(LocFrame{}), grow[LocFrame]}
	moduleList      = elems{"module", moduleFields, unsafe.Sizeof(Module{}), grow[Module]}
	panicList       = elems{"panic", panicFields, unsafe.Sizeof(Panic{}), grow[Panic]}
	spanList        = elems{"span", spanFields, unsafe.Sizeof(Span{}), grow[Span]}
	stackFrameList  = elems{"stackframe", stackFrameFields, unsafe.Sizeof(StackFrame{}), grow[StackFrame]}
	statList        = elems{"stat", statFields, unsafe.Sizeof(Stat{}), grow[Stat]}
	varList         = elems{"var", varFields, unsafe.Sizeof(Var{}), grow[Var]}
	waitList        = elems{"wait", waitFields, unsafe.Sizeof(Wait{}), grow[Wait]}
	waiterList      = elems{"waiter", waiterFields, unsafe.Sizeof(Waiter{}), grow[Waiter]}
)

// list is a list of messages: the tag is repeated.
func list(num int, name string, of *elems, off uintptr) field {
	return field{FieldInfo{num, name, "", 0}, &listCodec, off, nil, of}
}

// sliceOf views a slice of any type: only its pointer and length are looked at.
func sliceOf(p unsafe.Pointer) (first unsafe.Pointer, n int) {
	s := *(*[]struct{})(p)
	return unsafe.Pointer(unsafe.SliceData(s)), len(s)
}

var listCodec = codec{
	wire: wire.TypeBytes, repeated: true,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		first, n := sliceOf(p)
		e.elements += n
		for i := range n {
			e.nested(f.Num, func() { f.list.fields.append(e, unsafe.Add(first, uintptr(i)*f.list.size)) })
		}
	},
	decode: func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if err := d.element(1); err != nil {
			return err
		}
		return f.list.fields.decode(d, v.Bytes, f.list.grow(p, d.run))
	},
	text: func(b []byte, f *field, p unsafe.Pointer) []byte {
		first, n := sliceOf(p)
		return appendList(b, n, func(b []byte, i int) []byte {
			b = append(b, '{')
			start := len(b)
			if b = f.list.fields.appendText(b, unsafe.Add(first, uintptr(i)*f.list.size)); len(b) > start { // without the first space
				b = append(b[:start], b[start+1:]...)
			}
			return append(b, '}')
		})
	},
}

// nested appends a field of wire type bytes that fill appends to e.b.
func (e *encoder) nested(num int, fill func()) {
	e.b = wire.AppendUvarint(e.b, uint64(num)<<3|wire.TypeBytes)
	at := len(e.b)
	e.b = append(e.b, 0)
	fill()
	e.setLength(at)
}

// setLength puts the length of what follows the one byte reserved at e.b[at] there.
func (e *encoder) setLength(at int) {
	n := len(e.b) - at - 1
	if n < 0x80 {
		e.b[at] = byte(n)
		return
	}
	var buf [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(buf[:], uint64(n))
	e.b = append(e.b, buf[1:k]...)
	copy(e.b[at+k:], e.b[at+1:at+1+n])
	copy(e.b[at:], buf[:k])
}

// extents is the field of a Memory record: for each extent the distance from
// the end of the one before it, and its length. The bytes are data.
func extents(num int, name string, off uintptr) field {
	return field{FieldInfo{num, name, "extents", 0}, &extentsCodec, off, nil, nil}
}

var extentsCodec = codec{
	wire: wire.TypeBytes,
	append: func(e *encoder, f *field, p unsafe.Pointer) {
		if list := *(*[]Extent)(p); len(list) > 0 {
			e.nested(f.Num, func() { e.extents(list) })
		}
	},
	decode: func(d *decoder, f *field, v wire.Field, p unsafe.Pointer) error {
		if len(v.Bytes) == 0 {
			return zero(f.Name)
		}
		list := (*[]Extent)(p)
		room(list, varints(v.Bytes)/2)
		return eachRange(v.Bytes, func(addr, n uint64) error {
			if err := d.element(1); err != nil {
				return err
			}
			b, err := d.take(n)
			*list = append(*list, Extent{addr, b})
			return err
		})
	},
	text: func(b []byte, _ *field, p unsafe.Pointer) []byte {
		list := *(*[]Extent)(p)
		return appendList(b, len(list), func(b []byte, i int) []byte {
			b = appendAddress(b, list[i].Addr)
			return appendHex(append(b, ':'), list[i].Bytes)
		})
	},
}

func (e *encoder) extents(list []Extent) {
	end := uint64(0)
	for _, x := range list {
		e.b = wire.AppendUvarint(e.b, x.Addr-end)
		e.b = wire.AppendUvarint(e.b, uint64(len(x.Bytes)))
		e.data = append(e.data, x.Bytes...)
		end = x.Addr + uint64(len(x.Bytes))
	}
}

// eachRange calls fn for each address and length of an extents field.
func eachRange(b []byte, fn func(addr, n uint64) error) error {
	end := uint64(0)
	for len(b) > 0 {
		gap, rest, err := wire.Uvarint(b)
		if err != nil {
			return err
		}
		n, rest, err := wire.Uvarint(rest)
		if err != nil {
			return err
		}
		addr := end + gap
		if n == 0 || addr < end || addr+n < addr {
			return wire.Malformed("extent of %d bytes %d behind %#x", n, gap, end)
		}
		if err := fn(addr, n); err != nil {
			return err
		}
		end, b = addr+n, rest
	}
	return nil
}
