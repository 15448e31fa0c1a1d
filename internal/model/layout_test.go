package model

import (
	"reflect"
	"testing"
)

// tables gives each struct its table.
var tables = map[reflect.Type]fields{
	reflect.TypeFor[KV](): kvFields, reflect.TypeFor[Stat](): statFields, reflect.TypeFor[Module](): moduleFields,
	reflect.TypeFor[Field](): fieldFields, reflect.TypeFor[Const](): constFields, reflect.TypeFor[Var](): varFields,
	reflect.TypeFor[LocFrame](): locFrameFields, reflect.TypeFor[StackFrame](): stackFrameFields, reflect.TypeFor[Span](): spanFields,
	reflect.TypeFor[CFrame](): cFrameFields, reflect.TypeFor[FrameInline](): inlineFields, reflect.TypeFor[Defer](): deferFields, reflect.TypeFor[Panic](): panicFields,
	reflect.TypeFor[Wait](): waitFields, reflect.TypeFor[Waiter](): waiterFields,
}

// The rows of the tables find the fields of the structs by their offsets. Each
// row has to fit the field that lies there, and each field needs one row.
func TestRowsFitTheirFields(t *testing.T) {
	all := map[reflect.Type]fields{}
	for typ, m := range tables {
		all[typ] = m
	}
	for _, r := range Records {
		all[reflect.TypeOf(r.zero()).Elem()] = r.table
	}
	if len(all) != len(tables)+len(Records) {
		t.Fatalf("%d tables for %d structs and %d records", len(all), len(tables), len(Records))
	}
	for typ, m := range all {
		rows := map[uintptr]*field{}
		for i := range m {
			if m[i].codec == nil {
				continue
			}
			if rows[m[i].off] != nil {
				t.Errorf("%v: rows %s and %s share a field", typ, rows[m[i].off].Name, m[i].Name)
			}
			rows[m[i].off] = &m[i]
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			row := rows[f.Offset]
			if row == nil {
				t.Errorf("%v.%s has no row", typ, f.Name)
				continue
			}
			if !fits(row, f.Type) {
				t.Errorf("%v.%s is a %v, its row %s is for another type", typ, f.Name, f.Type, row.Name)
			}
			delete(rows, f.Offset)
		}
		for _, row := range rows {
			t.Errorf("%v: row %s is for no field", typ, row.Name)
		}
	}
}

// fits reports whether a row's codec is made for fields of the type.
func fits(row *field, t reflect.Type) bool {
	switch row.codec {
	case &stringCodec:
		return t.Kind() == reflect.String
	case &bytesCodec, &dataCodec:
		return t == reflect.TypeFor[[]byte]()
	case &uint32Codec:
		return t.Kind() == reflect.Uint32
	case &uint64Codec, &addressCodec:
		return t.Kind() == reflect.Uint64
	case &enumCodec:
		return t.Kind() == reflect.Uint8 && row.enum != nil
	case &signedCodec:
		return t.Kind() == reflect.Int64
	case &boolCodec:
		return t.Kind() == reflect.Bool
	case &stringsCodec:
		return t == reflect.TypeFor[[]string]()
	case &numbersCodec:
		return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint32
	case &extentsCodec:
		return t == reflect.TypeFor[[]Extent]()
	case &listCodec:
		return t.Kind() == reflect.Slice && row.list.size == t.Elem().Size() && len(tables[t.Elem()]) > 0 && &row.list.fields[0] == &tables[t.Elem()][0] &&
			growsLike(row.list, t)
	}
	return false
}

// growsLike reports whether the list's grow appends to a slice of the type.
func growsLike(e *elems, t reflect.Type) bool {
	list := reflect.New(t)
	return e.grow(list.UnsafePointer(), 1) == list.Elem().Index(0).Addr().UnsafePointer() && list.Elem().Len() == 1
}
