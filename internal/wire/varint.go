package wire

import "encoding/binary"

// Fields: a tag (number and wire type), then a varint or a length and bytes, as in
// protocol buffers, but with one spelling only (SPEC §6.1).

// Wire types.
const (
	TypeVarint = 0
	TypeBytes  = 2
)

// AppendUvarint appends v in its shortest spelling.
func AppendUvarint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// AppendVarintField appends a field of wire type varint.
func AppendVarintField(b []byte, num int, v uint64) []byte {
	b = AppendUvarint(b, uint64(num)<<3|TypeVarint)
	return AppendUvarint(b, v)
}

// Uvarint takes a varint off the front of b. A spelling that is not the
// shortest is malformed.
func Uvarint(b []byte) (v uint64, rest []byte, err error) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], nil
	}
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, Malformed("varint cut or beyond 64 bits")
	}
	if b[n-1] == 0 {
		return 0, nil, Malformed("varint longer than needed")
	}
	return v, b[n:], nil
}

// Zigzag maps signed numbers to unsigned ones, small to small.
func Zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

// Unzigzag undoes [Zigzag].
func Unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// A Field is one field of a message, not yet interpreted.
type Field struct {
	Num   uint64
	Type  int
	Value uint64 // TypeVarint
	Bytes []byte // TypeBytes; aliases the message
}

// NextField takes a field off the front of a message.
func NextField(b []byte) (f Field, rest []byte, err error) {
	tag, b, err := Uvarint(b)
	if err != nil {
		return f, nil, err
	}
	f.Num, f.Type = tag>>3, int(tag&7)
	if f.Num == 0 || f.Num > MaxField {
		return f, nil, Malformed("field number %d", f.Num)
	}
	switch f.Type {
	case TypeVarint:
		f.Value, b, err = Uvarint(b)
	case TypeBytes:
		f.Bytes, b, err = LengthBytes(b)
	default:
		err = Malformed("wire type %d", f.Type)
	}
	return f, b, err
}

// MaxField is the highest field number.
const MaxField = 1<<29 - 1

// LengthBytes takes a length and as many bytes off the front of b.
func LengthBytes(b []byte) (p, rest []byte, err error) {
	n, b, err := Uvarint(b)
	if err != nil {
		return nil, nil, err
	}
	if n > uint64(len(b)) {
		return nil, nil, Malformed("length %d where %d bytes are left", n, len(b))
	}
	return b[:n:n], b[n:], nil
}
