package dump

import (
	"math"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

func TestScalars(t *testing.T) {
	b := newBuilder()
	const at = 0x1000
	tests := []struct {
		name  string
		kind  model.Kind
		bytes []byte
		get   func(Value) (any, bool)
		want  any
	}{
		{"bool", model.KindBool, []byte{1}, func(v Value) (any, bool) { return v.Bool() }, true},
		{"int", model.KindInt, words(math.MaxUint64), func(v Value) (any, bool) { return v.Int() }, int64(-1)},
		{"int8", model.KindInt8, []byte{0x80}, func(v Value) (any, bool) { return v.Int() }, int64(-128)},
		{"int16", model.KindInt16, []byte{0xfe, 0xff}, func(v Value) (any, bool) { return v.Int() }, int64(-2)},
		{"int32", model.KindInt32, []byte{1, 0, 0, 0x80}, func(v Value) (any, bool) { return v.Int() }, int64(math.MinInt32 + 1)},
		{"int64", model.KindInt64, words(1 << 62), func(v Value) (any, bool) { return v.Int() }, int64(1 << 62)},
		{"uint8", model.KindUint8, []byte{200}, func(v Value) (any, bool) { return v.Uint() }, uint64(200)},
		{"uint64", model.KindUint64, words(math.MaxUint64), func(v Value) (any, bool) { return v.Uint() }, uint64(math.MaxUint64)},
		{"uintptr", model.KindUintptr, words(0xc000), func(v Value) (any, bool) { return v.Uint() }, uint64(0xc000)},
		{"float32", model.KindFloat32, words(uint64(math.Float32bits(1.5)))[:4], func(v Value) (any, bool) { return v.Float() }, 1.5},
		{"float64", model.KindFloat64, words(math.Float64bits(-0.25)), func(v Value) (any, bool) { return v.Float() }, -0.25},
		{"complex64", model.KindComplex64, words(uint64(math.Float32bits(1)) | uint64(math.Float32bits(2))<<32), func(v Value) (any, bool) { return v.Complex() }, complex(1, 2)},
		{"complex128", model.KindComplex128, words(math.Float64bits(3), math.Float64bits(4)), func(v Value) (any, bool) { return v.Complex() }, complex(3, 4)},
	}
	types := make([]model.TypeID, len(tests))
	for i, tt := range tests {
		types[i] = b.basic(tt.name, tt.kind)
		b.put(at+uint64(i)*64, tt.bytes)
	}
	d := b.open(t)
	for i, tt := range tests {
		v := d.At(Type{d, types[i]}, at+uint64(i)*64)
		if got, ok := tt.get(v); !ok || got != tt.want {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, ok, tt.want)
		}
		if got, ok := tt.get(d.Held(Type{d, types[i]}, tt.bytes)); !ok || got != tt.want {
			t.Errorf("%s without an address: got %v, %v, want %v", tt.name, got, ok, tt.want)
		}
		if s, lost := v.Stub(); lost {
			t.Errorf("%s: stub %v of a value that is there", tt.name, s)
		}
		absent := d.At(Type{d, types[i]}, 0xdead0000)
		if got, ok := tt.get(absent); ok {
			t.Errorf("%s at an unknown address: got %v", tt.name, got)
		}
		if s, lost := absent.Stub(); !lost || s.Reason != mock.Disabled || s.Type != tt.name || s.Addr != 0xdead0000 {
			t.Errorf("%s at an unknown address: stub %v, %v", tt.name, s, lost)
		}
	}
}

func TestStringKeptInPart(t *testing.T) {
	b := newBuilder()
	str := b.basic("string", model.KindString)
	b.put(0x1000, words(0x2000, 10)) // header
	b.put(0x2000, []byte("hello"))   // the rest was cut
	b.objects = append(b.objects, &model.StubObj{Addr: 0x2005, Size: 5, Reason: mock.StringLimit, Len: -1})
	b.put(0x1010, words(0, 0))
	b.put(0x1020, words(0x2000, math.MaxUint64)) // a length below zero
	d := b.open(t)

	v := d.At(Type{d, str}, 0x1000)
	text, stub, ok := v.Text(-1)
	if text != "hello" || !ok || stub.Reason != mock.StringLimit || stub.Len != 10 {
		t.Errorf("got %q, %v, %v", text, stub, ok)
	}
	if n, ok := v.Len(); n != 10 || !ok {
		t.Errorf("length %d, %v", n, ok)
	}
	if text, _, _ := v.Text(2); text != "he" {
		t.Errorf("first two bytes are %q", text)
	}
	if text, stub, ok := d.At(Type{d, str}, 0x1010).Text(-1); text != "" || stub.Reason != mock.Unknown || !ok {
		t.Errorf("empty string: got %q, %v, %v", text, stub, ok)
	}
	if s, lost := d.At(Type{d, str}, 0x1020).Stub(); !lost || s.Reason != mock.Corrupt {
		t.Errorf("negative length: got %v, %v", s, lost)
	}
}

func TestSlice(t *testing.T) {
	b := newBuilder()
	i16 := b.basic("int16", model.KindInt16)
	slice := b.typ(model.Type{Kind: model.KindSlice, Name: "[]int16", Elem: i16})
	b.put(0x1000, words(0x2000, 4, 8))
	// The elements lie in two extents that touch.
	b.put(0x2000, []byte{1, 0, 2})
	b.put(0x2003, []byte{0, 3, 0})
	b.objects = append(b.objects, &model.StubObj{Addr: 0x2006, Size: 100, Reason: mock.ElementLimit, Len: -1})
	b.put(0x1100, words(0x2000, math.MaxInt64, math.MaxInt64))
	d := b.open(t)

	v := d.At(Type{d, slice}, 0x1000)
	if n, _ := v.Len(); n != 4 {
		t.Errorf("length %d", n)
	}
	if n, _ := v.Cap(); n != 8 {
		t.Errorf("capacity %d", n)
	}
	for i, want := range []int64{1, 2, 3} {
		if got, ok := v.Index(int64(i)).Int(); !ok || got != want {
			t.Errorf("element %d is %d, %v", i, got, ok)
		}
	}
	if s, lost := v.Index(3).Stub(); !lost || s.Reason != mock.ElementLimit {
		t.Errorf("element 3: %v, %v", s, lost)
	}
	if kept, stub := v.Kept(); kept != 3 || stub.Reason != mock.ElementLimit || stub.Len != 4 {
		t.Errorf("kept %d, %v", kept, stub)
	}
	if v.Index(4).Valid() || v.Index(-1).Valid() {
		t.Error("an element out of range is valid")
	}
	huge := d.At(Type{d, slice}, 0x1100)
	if kept, _ := huge.Kept(); kept != 3 {
		t.Errorf("kept %d of an enormous slice", kept)
	}
	if s, lost := huge.Index(math.MaxInt64 - 1).Stub(); !lost || s.Reason != mock.Corrupt {
		t.Errorf("last element of an enormous slice: %v, %v", s, lost)
	}
}

func TestPointersShareAndCycle(t *testing.T) { // B2.8
	b := newBuilder()
	node := b.typ(model.Type{Kind: model.KindStruct, Name: "main.node", Size: 16, Flags: model.TypeNamed})
	ptr := b.pointer(node)
	i64 := b.basic("int", model.KindInt)
	b.defs[0].(*model.Type).Fields = []model.Field{{Name: "val", Type: i64}, {Name: "next", Type: ptr, Offset: 8}}
	b.put(0x1000, words(1, 0x1010, 2, 0x1000)) // two nodes in a ring
	b.put(0x3000, words(0x1000, 0))
	d := b.open(t)

	v := d.At(Type{d, ptr}, 0x3000).Elem()
	next, ok := v.FieldByName("next")
	if !ok {
		t.Fatal("no field next")
	}
	if n, _ := next.Elem().Field(0).Int(); n != 2 {
		t.Errorf("second node holds %d", n)
	}
	if back := next.Elem().Field(1).Elem(); back != v {
		t.Errorf("the ring leads from %#x to %#x", v.Addr(), back.Addr())
	}
	if null := d.At(Type{d, ptr}, 0x3008); !null.IsNil() || null.Elem().Valid() {
		t.Error("nil pointer has a target")
	}
}

func TestStructFieldsThatDoNotFit(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	s := b.typ(model.Type{Kind: model.KindStruct, Name: "S", Size: 8, Fields: []model.Field{
		{Name: "ok", Type: i64}, {Name: "beyond", Type: i64, Offset: 4}, {Name: "behind", Type: i64, Offset: 8}, {Name: "ghost", Type: 999},
	}})
	b.put(0x1000, words(5, 6))
	d := b.open(t)
	v := d.At(Type{d, s}, 0x1000)
	if n, ok := v.Field(0).Int(); n != 5 || !ok {
		t.Errorf("got %d, %v", n, ok)
	}
	for i, want := range []mock.Reason{1: mock.Corrupt, 2: mock.Corrupt, 3: mock.Damaged} {
		if i == 0 {
			continue
		}
		if stub, lost := v.Field(i).Stub(); !lost || stub.Reason != want {
			t.Errorf("field %d: %v, %v, want %v", i, stub, lost, want)
		}
	}
}

func TestTypesThatContainThemselves(t *testing.T) {
	b := newBuilder()
	self := b.typ(model.Type{Kind: model.KindStruct, Name: "T", Size: 8, Fields: []model.Field{{Name: "t", Type: 1}}})
	b.typ(model.Type{Kind: model.KindArray, Name: "[1]U", Size: 8, Len: 1, Elem: 3})
	u := b.typ(model.Type{Kind: model.KindStruct, Name: "U", Size: 8, Fields: []model.Field{{Name: "a", Type: 2}}})
	// A tower in which each floor has two of the next: 2^60 parts of no size.
	first := model.TypeID(b.ids["type"] + 1)
	for i := range model.TypeID(60) {
		b.typ(model.Type{Kind: model.KindStruct, Name: "floor", Fields: []model.Field{{Name: "a", Type: first + i + 1}, {Name: "b", Type: first + i + 1}}})
	}
	b.put(0x1000, words(1))
	d := b.open(t)

	for _, id := range []model.TypeID{self, u, first} {
		if n := parts(d.At(Type{d, id}, 0x1000), 1<<21); n > 1<<21 {
			t.Errorf("type %d has %d parts", id, n)
		}
	}
	if len(d.Damage()) == 0 {
		t.Error("no damage reported")
	}
}

// parts walks a value along its type, as a printer would, up to max parts.
func parts(v Value, max int) int {
	n := 1
	for i := 0; i < v.NumField() && n <= max; i++ {
		n += parts(v.Field(i), max-n)
	}
	if v.Kind() == KindArray && v.Type().Len() > 0 && n <= max {
		n += parts(v.Index(0), max-n)
	}
	return n
}

func TestEnormousArray(t *testing.T) {
	b := newBuilder()
	i64 := b.basic("int", model.KindInt)
	big := b.typ(model.Type{Kind: model.KindArray, Name: "[1099511627776]int", Size: 1 << 43, Len: 1 << 40, Elem: i64})
	liar := b.typ(model.Type{Kind: model.KindArray, Name: "liar", Size: 8, Len: 1 << 40, Elem: i64})
	b.put(0x1000, words(5, 6))
	d := b.open(t)

	v := d.At(Type{d, big}, 0x1000)
	if _, ok := v.Bytes(); ok {
		t.Error("eight terabytes read")
	}
	if n, ok := v.Index(1).Int(); n != 6 || !ok {
		t.Errorf("element 1 is %d, %v", n, ok)
	}
	if kept, _ := v.Kept(); kept != 2 {
		t.Errorf("kept %d", kept)
	}
	if s, lost := v.Index(1 << 39).Stub(); !lost || s.Reason != mock.Disabled {
		t.Errorf("an element in the middle: %v, %v", s, lost)
	}
	v = d.At(Type{d, liar}, 0x1000)
	if kept, s := v.Kept(); kept != 1 || s.Reason != mock.Corrupt {
		t.Errorf("kept %d, %v", kept, s)
	}
	if s, lost := v.Index(1).Stub(); !lost || s.Reason != mock.Corrupt {
		t.Errorf("element beyond the array's size: %v, %v", s, lost)
	}
}
