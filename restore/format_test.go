package restore_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

type (
	point  struct{ X, Y int }
	nested struct {
		P    *point
		L    []point
		M    map[string]point
		I    any
		Deep struct{ In struct{ A, B int } }
	}
	wide struct{ A, B, C, D, E int }
	list []list
	loop *loop
	flag uint8
	void struct{}
)

func pointerTo[T any](v T) *T { return &v }

// What Delve's terminal prints of the same values.
var formatTests = []struct {
	name      string
	value     any // pointer to the value
	long      string
	short     string // "" when it is like long
	configure func(*restore.LoadConfig)
}{
	{name: "bool", value: pointerTo(true), long: `true`},
	{name: "int", value: pointerTo(-7), long: `-7`},
	{name: "uint64", value: pointerTo(uint64(math.MaxUint64)), long: `18446744073709551615`},
	{name: "uintptr", value: pointerTo(uintptr(255)), long: `255`},
	{name: "float32", value: pointerTo(float32(0.1)), long: `0.1`},
	{name: "float", value: pointerTo(1e21), long: `1000000000000000000000`},
	{name: "float inf", value: pointerTo(math.Inf(-1)), long: `-Inf`},
	{name: "float nan", value: pointerTo(math.NaN()), long: `NaN`},
	{name: "float minus zero", value: pointerTo(math.Copysign(0, -1)), long: `0`},
	{name: "complex", value: pointerTo(complex(1.5, -2)), long: `(1.5 + -2i)`},
	{name: "complex64", value: pointerTo(complex64(complex(0.1, 0))), long: `(0.1 + 0i)`},
	{name: "string", value: pointerTo("a\"b\n"), long: `"a\"b\n"`},
	{name: "string empty", value: pointerTo(""), long: `""`},
	{name: "string long", value: pointerTo(strings.Repeat("x", 100)), long: `"` + strings.Repeat("x", 64) + `...+36 more"`},
	{name: "string cut in a rune", value: pointerTo("äöü"), long: `"ä\xc3...+3 more"`, configure: func(c *restore.LoadConfig) { c.MaxStringLen = 3 }},
	{name: "slice", value: pointerTo(append(make([]int, 0, 4), 1, 2, 3)), long: `[]int len: 3, cap: 4, [1,2,3]`, short: `[]int len: 3, cap: 4, [...]`},
	{name: "slice nil", value: pointerTo([]int(nil)), long: `[]int len: 0, cap: 0, nil`},
	{name: "slice empty", value: pointerTo([]int{}), long: `[]int len: 0, cap: 0, []`},
	{name: "slice long", value: pointerTo(make([]byte, 3)), long: `[]uint8 len: 3, cap: 3, [0,0,...+1 more]`, short: `[]uint8 len: 3, cap: 3, [...]`, configure: func(c *restore.LoadConfig) { c.MaxArrayValues = 2 }},
	{name: "slice of slices", value: pointerTo([][]string{{"a"}, nil}), long: `[][]string len: 2, cap: 2, [["a"],nil]`, short: `[][]string len: 2, cap: 2, [...]`},
	{name: "array", value: pointerTo([2]bool{true}), long: `[2]bool [true,false]`, short: `[2]bool [...]`},
	{name: "array empty", value: pointerTo([0]int{}), long: `[0]int []`},
	{name: "struct", value: &point{1, 2}, long: `main.point {X: 1, Y: 2}`},
	{name: "struct empty", value: &void{}, long: `main.void {}`},
	{name: "struct wide", value: &wide{1, 2, 3, 4, 5}, long: `main.wide {A: 1, B: 2, C: 3, D: 4, E: 5}`, short: `main.wide {A: 1, B: 2, C: 3,...+2 more}`},
	{name: "pointer", value: pointerTo(&point{1, 2}), long: `*main.point {X: 1, Y: 2}`, short: `(*main.point)(0xADDR)`},
	{name: "pointer nil", value: pointerTo((*point)(nil)), long: `*main.point nil`},
	{name: "pointer to int", value: pointerTo(pointerTo(5)), long: `*5`, short: `(*int)(0xADDR)`},
	{name: "pointer to pointer", value: pointerTo(pointerTo(pointerTo(5))), long: `**5`, short: `(**int)(0xADDR)`},
	{name: "unsafe pointer nil", value: pointerTo(unsafe.Pointer(nil)), long: `unsafe.Pointer(0x0)`},
	{name: "slice of pointers", value: pointerTo([]*point{{1, 2}, nil}), long: `[]*main.point len: 2, cap: 2, [*{X: 1, Y: 2},*nil]`, short: `[]*main.point len: 2, cap: 2, [...]`},
	{
		name: "nesting", value: &nested{P: &point{1, 2}, L: []point{{3, 4}}, M: map[string]point{"k": {5, 6}}, I: point{7, 8}},
		long: `main.nested {P: *main.point {X: 1, Y: 2}, L: []main.point len: 1, cap: 1, [(*main.point)(0xADDR)], ` +
			`M: map[string]main.point ["k": (*main.point)(0xADDR), ], I: interface {}(main.point) {X: 7, Y: 8}, ` +
			`Deep: struct { In struct { A int; B int } } {In: (*struct { A int; B int })(0xADDR)}}`,
		short: `main.nested {P: (*main.point)(0xADDR), L: []main.point len: 1, cap: 1, [...], M: map[string]main.point [...],...+2 more}`,
	},
	{name: "map", value: pointerTo(map[string]int{"a": 1, "b": 2}), long: `map[string]int ["a": 1, "b": 2, ]`, short: `map[string]int [...]`},
	{name: "map nil", value: pointerTo(map[string]int(nil)), long: `map[string]int nil`},
	{name: "map empty", value: pointerTo(map[string]int{}), long: `map[string]int []`},
	{name: "map long", value: pointerTo(map[int]bool{1: true, 2: false, 3: true}), long: `map[int]bool [1: true, 2: false, ,...+1 more]`, short: `map[int]bool [...]`, configure: func(c *restore.LoadConfig) { c.MaxArrayValues = 2 }},
	{name: "chan", value: pointerTo(make(chan int, 10)), long: `chan int 0/10`},
	{name: "chan nil", value: pointerTo((chan int)(nil)), long: `chan int nil`},
	{name: "interface nil", value: pointerTo(error(nil)), long: `error nil`},
	{name: "interface", value: pointerTo(any("x")), long: `interface {}(string) "x"`},
	{name: "interface number", value: pointerTo(any(1.5)), long: `interface {}(float64) 1.5`},
	{name: "interface pointer", value: pointerTo(errors.New("boom")), long: `error(*errors.errorString) *{s: "boom"}`, short: `error(*errors.errorString) 0xADDR`},
	{name: "interface nil pointer", value: pointerTo(any((*point)(nil))), long: `interface {}(*main.point) nil`},
	{name: "interface slice", value: pointerTo(any([]int{1})), long: `interface {}([]int) [1]`, short: `interface {}([]int) [...]`},
	{name: "interface map", value: pointerTo(any(map[string]int{"a": 1})), long: `interface {}(map[string]int) ["a": 1, ]`, short: `interface {}(map[string]int) [...]`},
	{name: "slice of interfaces", value: pointerTo([]any{1, "s", nil, &point{1, 2}}), long: `[]interface {} len: 4, cap: 4, [1,"s",nil,*main.point {X: 1, Y: 2}]`, short: `[]interface {} len: 4, cap: 4, [...]`},
	{name: "func nil", value: pointerTo((func())(nil)), long: `nil`},
	{name: "func", value: pointerTo(func() { _ = io.EOF }), long: `main.main.func1`},
	{name: "time", value: pointerTo(time.Date(2009, 11, 10, 23, 0, 0, 0, time.UTC)), long: `time.Time(2009-11-10T23:00:00Z){wall: 0, ext: 63393490800, loc: *time.Location nil}`, short: `time.Time(2009-11-10T23:00:00Z){wall: 0, ext: 63393490800, loc: *time.Location nil}`},
}

func TestFormatValue(t *testing.T) {
	for _, tt := range formatTests {
		t.Run(tt.name, func(t *testing.T) {
			long, short := restore.LongConfig(), restore.ShortConfig()
			if tt.configure != nil {
				tt.configure(&long)
			}
			if have := plain(show(t, sample.New(), tt.value, long)); have != tt.long {
				t.Errorf("long:\n have %s\n want %s", have, tt.long)
			}
			if tt.configure != nil {
				return
			}
			want := tt.short
			if want == "" {
				want = tt.long
			}
			if have := plain(show(t, sample.New(), tt.value, short)); have != want {
				t.Errorf("short:\n have %s\n want %s", have, want)
			}
		})
	}
}

func TestFormatConstants(t *testing.T) {
	tests := []struct {
		value flag
		want  string
	}{{0, "0"}, {1, "A (1)"}, {2, "B (2)"}, {3, "A|B (3)"}, {8, "8"}, {16, "All (16)"}}
	for _, tt := range tests {
		b := sample.New()
		b.Consts(typeOf[flag](), model.Const{Name: "main.B", Value: 2}, model.Const{Name: "A", Value: 1}, model.Const{Name: "main.All", Value: 16})
		if have := show(t, b, &tt.value, restore.LongConfig()); have != tt.want {
			t.Errorf("%d: have %s, want %s", tt.value, have, tt.want)
		}
	}
}

// What is not in the dump shows its type, the reason and, where it is known,
// its length (B2.6: the edge keeps the type).
func TestFormatStubs(t *testing.T) {
	far, text, numbers, table := &point{1, 2}, strings.Clone("gone"), []int{1, 2, 3}, map[string]int{"a": 1}
	tests := []struct {
		name  string
		value any
		leave any
		want  string
	}{
		{"pointer", &far, far, `(*main.point)(0xADDR) [depth limit]`},
		{"interface", pointerTo(any(far)), far, `interface {}(*main.point) (*main.point)(0xADDR) [depth limit]`},
		{"string", &text, unsafe.Pointer(unsafe.StringData(text)), `(string) [depth limit, len 4]`},
		{"slice", &numbers, numbers, `([]int) [depth limit, len 3]`},
		{"map", &table, table, `(map[string]int) [depth limit, len 1]`},
		{"field", &struct{ P *point }{far}, far, `struct { P *main.point } {P: (*main.point)(0xADDR) [depth limit]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := sample.New()
			b.Leave(tt.leave, mock.DepthLimit)
			if have := plain(show(t, b, tt.value, restore.LongConfig())); have != tt.want {
				t.Errorf("have %s, want %s", have, tt.want)
			}
		})
	}
}

func TestFormatVariable(t *testing.T) {
	b := sample.New()
	n := 5
	shadowed, stale := b.Local("x", &n), b.Local("y", &n)
	shadowed.Flags |= model.VarShadowed
	stale.Flags |= model.VarStale
	gone := model.Var{Name: "z", Type: b.Type(typeOf[int]()), Reason: mock.OptimizedOut}
	want := []string{"(x) = 5", "y = 5 [possibly stale]", "z = (int) [optimized out]", "r = 5"}
	for i, v := range frameOf(t, b, shadowed, stale, gone, b.InRegister("r", &n)).Locals() {
		if have := restore.FormatVariable(v, restore.LongConfig()); have != want[i] {
			t.Errorf("have %s, want %s", have, want[i])
		}
	}
}

// Values that contain themselves are finite text (B2.8).
func TestFormatCycles(t *testing.T) {
	self := make(list, 64)
	for i := range self {
		self[i] = self
	}
	var ring loop
	ring = loop(&ring)
	table := map[string]any{}
	table["self"] = table
	for name, p := range map[string]any{"slice": &self, "pointer": &ring, "map": &table} {
		cfg := restore.LongConfig()
		cfg.MaxVariableRecurse = math.MaxInt32
		if text := show(t, sample.New(), p, cfg); len(text) > 4<<20 || text == "" {
			t.Errorf("%s: %d bytes of text", name, len(text))
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := map[string]string{
		"plain ü 世": "plain ü 世", "\x1b[31m": `\x1b[31m`, "a\nb\t": `a\nb\t`, "\x7f\u0085": `\x7f\x85`,
		"\u202e": `\u202e`, "\u2066x": `\u2066x`, "\xff": `\xff`, "\u200b": `\u200b`, "\U000e0001": `\U000e0001`, "": "",
	}
	for in, want := range tests {
		if have := restore.Printable(in); have != want {
			t.Errorf("%q: have %s, want %s", in, have, want)
		}
		if again := restore.Printable(want); again != want {
			t.Errorf("%q is escaped twice: %s", in, again)
		}
	}
}
