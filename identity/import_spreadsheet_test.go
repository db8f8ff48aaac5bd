package identity_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/usherauth/usher/identity"
)

// sheet is a file with users as the dashboard exports it.
const sheet = "id,first_name,last_name,primary_email_address,verified_email_addresses,banned\n" +
	"user_a,Zo\u00eb,\"Hopper, Rear Admiral\",zoe@example.com,zoe@example.com|zoe@work.example,false\n" +
	"user_b,Bob,,bob@example.com,bob@example.com,false\n"

// semicolons is a sheet with another separator.
func separated(by string) string {
	return strings.ReplaceAll(strings.NewReplacer(`"Hopper, Rear Admiral"`, `Hopper~ Rear Admiral`, ",", by).Replace(sheet), "~", ",")
}

func inUTF16(s string, little bool) string {
	var b strings.Builder
	for _, unit := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		if little {
			b.Write([]byte{byte(unit), byte(unit >> 8)})
		} else {
			b.Write([]byte{byte(unit >> 8), byte(unit)})
		}
	}
	return b.String()
}

// TestD2_SheetsAsSpreadsheetsSaveThem reads the same users from every form of a file.
func TestD2_SheetsAsSpreadsheetsSaveThem(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(sheet, "\n")
	for name, input := range map[string]string{
		"as exported":              sheet,
		"line ends of Windows":     strings.ReplaceAll(sheet, "\n", "\r\n"),
		"line ends of old Macs":    strings.ReplaceAll(sheet, "\n", "\r"),
		"no end of the last line":  strings.TrimSuffix(sheet, "\n"),
		"a byte order mark":        "\ufeff" + sheet,
		"two empty columns":        strings.ReplaceAll(sheet, "\n", ",,\n"),
		"empty columns in rows":    lines[0] + lines[1][:len(lines[1])-1] + ",,,\n" + lines[2],
		"semicolons":               separated(";"),
		"tabs":                     separated("\t"),
		"semicolons that are said": "sep=;\r\n" + separated(";"),
		"empty semicolon columns":  strings.ReplaceAll(separated(";"), "\n", ";;\n"),
		"rows of commas":           lines[0] + ",,,,,\n" + lines[1] + ",,,,,\n\n , , \n" + lines[2] + ",,,,,\n,,,,,,,,\n",
		"rows of commas above":     "\n,,,,,\n" + sheet,
		"UTF-16, little end first": inUTF16(separated("\t"), true),
		"UTF-16, big end first":    inUTF16(sheet, false),
		"everything in quotes":     strings.ReplaceAll(strings.ReplaceAll(separated("\",\""), "\n", "\"\n\""), "\n\"", "\n") + "",
		"capitals":                 strings.ReplaceAll(strings.Replace(sheet, "first_name", " First_Name ", 1), "false", "FALSE"),
		"Windows-1252":             strings.ReplaceAll(sheet, "\u00eb", "\xeb"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "everything in quotes" {
				var rows []string
				for _, line := range strings.Split(strings.TrimSuffix(separated("\t"), "\n"), "\n") {
					rows = append(rows, `"`+strings.ReplaceAll(line, "\t", `","`)+`"`)
				}
				input = strings.Join(rows, "\n")
			}
			a := newApp(t)
			got := a.take(input, identity.ImportOptions{})
			notices := 0
			if name == "Windows-1252" {
				notices = 1
			}
			if got.err != nil || got.Created["user"] != 2 || len(got.Refused)+len(got.LeftOut) > 0 || len(got.notices) != notices {
				t.Fatalf("import: %+v", got)
			}
			u := a.stored(t, "user_a")
			if u.FirstName != "Zo\u00eb" || u.LastName != "Hopper, Rear Admiral" || !slices.Equal(addressesOf(u), []string{"zoe@example.com vp", "zoe@work.example v"}) {
				t.Errorf("user %+v", u)
			}
		})
	}
}

// TestD2_BadRowsSayWhy: a row that cannot be read is refused with its reason, and the rows
// around it are taken.
func TestD2_BadRowsSayWhy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ row, notice string }{
		"a quote that is not closed":        {`user_x,"Ada,,x@example.com,,` + "\n", "quote at the beginning of a cell is not closed"},
		"a separator too many":              {"user_x,Ada,Lovelace,Countess,x@example.com,,\n", "the row has 7 columns, not 6"},
		"a row that is cut":                 {"user_x,Ada\n", "the row has 2 columns, not 6"},
		"the same id, another address":      {"user_a,Eve,,eve@example.com,,\n", "its id is already that of line 2"},
		"the same address, another id":      {"user_x,Eve,,ZOE@example.com,,\n", "belongs to user_a"},
		"an id that is none":                {"x,Eve,,eve@example.com,,\n", "id"},
		"banned, or not":                    {"user_x,Eve,,eve@example.com,,maybe\n", "banned is neither"},
		"a character that is in no charset": {"user_x,E\x81e,,eve@example.com,,\n", "neither UTF-8 nor Windows-1252"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t)
			lines := strings.SplitAfter(sheet, "\n")
			got := a.take(lines[0]+lines[1]+tt.row+lines[2], identity.ImportOptions{})
			if got.err != nil || got.Created["user"] != 2 || len(got.notices) != 1 || !strings.HasPrefix(got.notices[0], "3 ") || !strings.Contains(got.notices[0], tt.notice) {
				t.Errorf("import: %+v", got)
			}
			if u := a.stored(t, "user_a"); u.FirstName != "Zo\u00eb" || u.Emails[0].Address != "zoe@example.com" {
				t.Errorf("user_a = %+v", u)
			}
		})
	}
}

func TestD2_QuotesAreText(t *testing.T) {
	t.Parallel()
	head := "id,first_name,last_name,primary_email_address\n"
	for row, want := range map[string]string{
		`user_x,Ada "the Countess",Lovelace,ada@example.com`:        `Ada "the Countess"|Lovelace`,
		`user_x,"Ada ""the Countess""",Lovelace,ada@example.com`:    `Ada "the Countess"|Lovelace`,
		`user_x,"Ada "the Countess" of","Lovelace",ada@example.com`: `Ada "the Countess" of|Lovelace`,
		`user_x,5",6",ada@example.com`:                              `5"|6"`,
		`user_x, "Ada",Love"lace,ada@example.com`:                   `"Ada"|Love"lace`,
		`user_x,"Ada",,"ada@example.com"`:                           `Ada|`,
		`user_x,"","""",ada@example.com`:                            `|"`,
	} {
		a := newApp(t)
		got := a.take(head+row+"\nuser_y,B,,bob@example.com\n", identity.ImportOptions{})
		if got.err != nil || got.Created["user"] != 2 {
			t.Errorf("%s: %+v", row, got)
			continue
		}
		if u := a.stored(t, "user_x"); u.FirstName+"|"+u.LastName != want {
			t.Errorf("%s: %s|%s, want %s", row, u.FirstName, u.LastName, want)
		}
	}
	// A cell may span lines, which no name does; the next row is read all the same.
	a := newApp(t)
	got := a.take("id,primary_email_address,public_metadata\nuser_x,x@example.com,\"{\n  \"\"a\"\": 1\r\n}\"\nuser_y,y@example.com,\n", identity.ImportOptions{})
	if got.err != nil || got.Created["user"] != 2 || string(a.stored(t, "user_x").PublicMetadata) != `{"a":1}` {
		t.Errorf("import: %+v, %s", got, a.stored(t, "user_x").PublicMetadata)
	}
	// A quote that is never closed takes no other row with it.
	b := newApp(t)
	rows := head
	for n := range 500 {
		quote := ""
		if n%7 == 3 {
			quote = `"`
		}
		rows += "user_" + decimal(n) + "," + quote + "Ada,,user" + decimal(n) + "@example.com\n"
	}
	got = b.take(rows, identity.ImportOptions{})
	if bad := int64(71); got.err != nil || got.Refused["user"] != bad || got.Created["user"] != 500-bad {
		t.Errorf("import: %+v", got.ImportResult)
	}
}

func FuzzImportOfSheets(f *testing.F) {
	f.Add(sheet)
	f.Add(separated(";"))
	f.Add("id,primary_email_address\nuser_a,\"x\n\n\"\"")
	f.Add(inUTF16(sheet, true))
	f.Fuzz(func(t *testing.T, input string) {
		a := newApp(t)
		got := a.take(input, identity.ImportOptions{})
		if n := int64(len(got.notices)); n < got.Refused["user"]+got.Refused["unreadable"] {
			t.Errorf("%d notices for %+v", n, got.ImportResult)
		}
	})
}
