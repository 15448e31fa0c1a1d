// Package dwarf has the words for debugging information entries that a capture
// reads, named as in [debug/dwarf], with the values of the DWARF 5 standard,
// section 7.5. That package would make every program that captures larger by
// tables of all there are.
package dwarf

// An Offset is the place of an entry in .debug_info.
type Offset uint32

// A Tag is the type of an entry.
type Tag uint32

// An Attr is the name of an attribute.
type Attr uint32

// The tags that are looked for.
const (
	TagArrayType         Tag = 0x01
	TagClassType         Tag = 0x02
	TagEnumerationType   Tag = 0x04
	TagFormalParameter   Tag = 0x05
	TagLexDwarfBlock     Tag = 0x0b
	TagMember            Tag = 0x0d
	TagPointerType       Tag = 0x0f
	TagCompileUnit       Tag = 0x11
	TagStructType        Tag = 0x13
	TagTypedef           Tag = 0x16
	TagUnionType         Tag = 0x17
	TagInlinedSubroutine Tag = 0x1d
	TagSubrangeType      Tag = 0x21
	TagBaseType          Tag = 0x24
	TagConstType         Tag = 0x26
	TagConstant          Tag = 0x27
	TagSubprogram        Tag = 0x2e
	TagVariable          Tag = 0x34
	TagVolatileType      Tag = 0x35
	TagRestrictType      Tag = 0x37
)

// The attributes that are looked for.
const (
	AttrLocation       Attr = 0x02
	AttrName           Attr = 0x03
	AttrByteSize       Attr = 0x0b
	AttrBitSize        Attr = 0x0d
	AttrLowpc          Attr = 0x11
	AttrHighpc         Attr = 0x12
	AttrConstValue     Attr = 0x1c
	AttrProducer       Attr = 0x25
	AttrUpperBound     Attr = 0x2f
	AttrAbstractOrigin Attr = 0x31
	AttrCount          Attr = 0x37
	AttrDataMemberLoc  Attr = 0x38
	AttrDeclLine       Attr = 0x3b
	AttrEncoding       Attr = 0x3e
	AttrSpecification  Attr = 0x47
	AttrType           Attr = 0x49
	AttrVarParam       Attr = 0x4b
	AttrEntrypc        Attr = 0x52
	AttrRanges         Attr = 0x55
	AttrDataBitOffset  Attr = 0x6b
)

// An Entry is a debugging information entry.
type Entry struct {
	Offset   Offset
	Tag      Tag
	Children bool // there are entries below it
	Field    []Field
}

// A Field is an attribute and its value: int64, uint64, bool, string, []byte,
// Offset, or nil for what is not understood.
type Field struct {
	Attr Attr
	Val  any
}

// Val is the value of an attribute, nil if the entry has none.
func (e *Entry) Val(a Attr) any {
	for i := range e.Field {
		if e.Field[i].Attr == a {
			return e.Field[i].Val
		}
	}
	return nil
}
