/* generate_names.h: of what invented names are made. Private to generate.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_PEOPLE_GENERATE_NAMES_H
#define HUSTINGS_PEOPLE_GENERATE_NAMES_H

/* A way of naming: given names, and family names of a beginning and an end. `share`: of a thousand people. */
typedef struct Naming {
    int share;
    const char *const *given, *const *first, *const *last;
    int given_count, first_count, last_count;
} Naming;

#define WORDS(name, ...) static const char *const name[] = {__VA_ARGS__}

WORDS(given_isles, "Ada", "Agnes", "Alba", "Alfie", "Amos", "Arthur", "Beryl", "Bram", "Cecily", "Clem", "Cora", "Cyril", "Daisy", "Della",
    "Edith", "Edmund", "Effie", "Elsie", "Enid", "Esme", "Ezra", "Flora", "Gwen", "Hattie", "Hector", "Ida", "Ivor", "Jethro", "Josie",
    "Keziah", "Lettice", "Lionel", "Mabel", "Magnus", "Maud", "Mungo", "Nell", "Ned", "Olive", "Orla", "Oswin", "Pearl", "Percy", "Piers",
    "Rhona", "Rory", "Rowan", "Seth", "Sorrel", "Tabitha", "Tamsin", "Theo", "Una", "Verity", "Wilf", "Winnie");
WORDS(first_isles, "Ash", "Bram", "Cold", "Dun", "Elm", "Fen", "Gars", "Hather", "Inkle", "Kel", "Lin", "Mar", "Nether", "Oaken", "Pen",
    "Quill", "Rav", "Stan", "Thorn", "Under", "Wether", "Yar", "Brock", "Cal", "Dray", "Ever", "Fallow", "Glen", "Hollow", "Ivy", "Kes",
    "Lark", "Mor", "Nar", "Otter", "Pell", "Rook", "Sedge", "Tarn", "Wren");
WORDS(last_isles, "by", "combe", "croft", "den", "field", "ford", "gate", "ham", "hurst", "ley", "low", "mere", "ridge", "stead", "thorpe",
    "ton", "well", "wick", "worth", "shaw", "bourne", "dale", "marsh", "pole");
WORDS(given_gael, "Aoife", "Bronagh", "Cait\xc3\xadn", "Ciar\xc3\xa1n", "Donnacha", "\303\211abha", "Fiachra", "Gr\xc3\xa1inne", "Iona",
    "M\xc3\xa1ir\xc3\xadn", "Niamh", "Ois\xc3\xadn", "R\xc3\xb3is\xc3\xadn", "S\303\251amus", "Si\xc3\xa2n", "Rhys", "Eilidh", "Catriona",
    "Ruaridh", "T\303\241dhg");
WORDS(first_gael, "O'Br\xc3\xa1n", "Mac Tui", "N\xc3\xad Lor", "O'Dui", "McFer", "McQuor", "ap Gwil", "O'Sel", "McTav", "O'Cor", "Pry",
    "Llew");
WORDS(last_gael, "agh", "igan", "lish", "nane", "ough", "rick", "th\xc3\xa1in", "dale", "mond", "wyn");
WORDS(given_south, "Aarav", "Amina", "Anjali", "Bilal", "Deepa", "Farhan", "Gurpreet", "Harbir", "Imran", "Jaswant", "Kavya", "Lalita",
    "Meera", "Nadia", "Omar", "Parveen", "Rahim", "Saira", "Tariq", "Uma", "Vikram", "Yasmin", "Zubair");
WORDS(first_south, "Chandra", "Dhara", "Fazl", "Gul", "Hari", "Jaya", "Karam", "Latif", "Mal", "Nur", "Priya", "Rang", "Sukh", "Tej", "Vel",
    "Zam");
WORDS(last_south, "bir", "das", "een", "garh", "ikar", "mohan", "nath", "pal", "pur", "uddin", "wala", "veer");
WORDS(given_west, "Abena", "Adaeze", "Ayo", "Chidi", "Efua", "Femi", "Ifeoma", "Kofi", "Kwame", "Ngozi", "Obi", "Sade", "Tobi", "Yaa",
    "Zainab");
WORDS(first_west, "Ade", "Boa", "Chuk", "Dar", "Eze", "Kwar", "Obi", "Olu", "Oko", "Mens", "Nku", "Tet");
WORDS(last_west, "bola", "dike", "fori", "kwe", "lade", "nkrah", "sah", "teng", "wale", "yemi");
WORDS(given_east, "Agnieszka", "Bo\305\274ena", "Czes\305\202aw", "Danuta", "Edyta", "\xc5\x81ukasz", "Ma\xc5\x82gorzata", "Radek",
    "\xc5\x9awi\xc4\x99tos\305\202aw", "Zden\xc4\x9bk", "\xc5\xa0t\xc4\x9bp\xc3\xa1n", "Ieva", "J\xc5\xabrat\xc4\x97", "Vasile",
    "\xc8\x98tefan");
WORDS(first_east, "Brz", "Dobro", "Gr\xc3\xb3", "Jano", "Ko\xc5\x9b", "Lipo", "Nov", "P\305\231em", "Sad", "Wierz", "\305\273abi", "Vaid");
WORDS(last_east, "bicki", "decki", "ewicz", "\xc5\x84ska", "kowa", "lov\xc3\xa1", "niak", "owski", "\xc5\xa1ka", "ulis");
WORDS(given_far, "Bao", "Chau", "Duc", "Hui", "Jia", "Kien", "Lan", "Mei", "Ngoc", "Tuan", "Wei", "Xin", "Y\xe1\xba\xbfn");
WORDS(first_far, "Ch", "Fu", "H\xe1\xbb\x93", "Lu", "Ng", "Sh", "Tr\xe1\xba\xa7", "Xi", "Zh");
WORDS(last_far, "ang", "eng", "iao", "ong", "uan", "uen");
#undef WORDS

#define NAMING(share, culture)                                                                                         \
    {                                                                                                                  \
        share, given_##culture, first_##culture, last_##culture, COUNT_OF(given_##culture), COUNT_OF(first_##culture), \
            COUNT_OF(last_##culture)                                                                                   \
    }
static const Naming namings[] = {
    NAMING(700, isles),
    NAMING(70, gael),
    NAMING(100, south),
    NAMING(50, west),
    NAMING(50, east),
    NAMING(30, far),
};

static const char *const street_names[] = {"Acorn", "Barley", "Cinder", "Dovecote", "Elder", "Foundry", "Glebe", "Harrow", "Inkwell",
    "Jubilant", "Kiln", "Lantern", "Mulberry", "Nightjar", "Orchard", "Pinfold", "Quarry", "Ropewalk", "Saltpan", "Tanner", "Umber", "Vine",
    "Weaver", "Yarrow"};
static const char *const street_kinds[] = {"Street", "Road", "Lane", "Close", "Avenue", "Terrace", "Row", "Gardens"};
static const char *const region_names[] = {
    "Northmoor", "Eastfold", "Southdown", "Westmarch", "Midvale", "The Isles", "Highfell", "Lowfen", "Riverlands"};
static const char *const union_names[] = {"Union of Lamplighters", "Bakers and Millers", "Society of Ferry Workers", "Amalgamated Clerks",
    "Textile and Dye Workers", "Carters' Association"};

/* A block of 1,000 numbers that Ofcom keeps free for drama: what stands before the last three digits (Ofcom, Telephone numbers for use in TV and radio drama programmes). */
static const char *const drama_numbers[] = {"07700 900", "0113 496 0", "0114 496 0", "0115 496 0", "0116 496 0", "0117 496 0", "0118 496 0",
    "0121 496 0", "0131 496 0", "0141 496 0", "0151 496 0", "0161 496 0", "020 7946 0", "0191 498 0", "028 9649 6", "029 2018 0",
    "01632 960", "03069 990"};

#endif
