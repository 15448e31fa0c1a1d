package dump

// ForeignFrame is a frame of code that is not Go's, C's for one.
type ForeignFrame struct {
	PC     uint64
	Name   string // of its function, "" if no symbol tells
	Object string // path of the library or name of the executable, "" unknown
	Offset uint64 // of PC in the function, or in the object if there is no name
	File   string // "" unknown
	Line   int    // 0 unknown

	// Before is the number, among its own frames, of the one before which it belongs.
	Before int
}

// Foreign lists the frames outside Go, innermost first. A goroutine that is in
// C has some before its frame 0; one that C called back has some in between.
func (g Goroutine) Foreign() []ForeignFrame {
	var out []ForeignFrame
	for _, x := range g.rec().Foreign {
		out = append(out, ForeignFrame{
			PC: x.PC, Name: x.Name, Object: x.Object, Offset: x.Offset, File: x.File, Line: int(x.Line),
			Before: g.stack().firstLogical(x.Frame),
		})
	}
	return out
}
