#include "machine.h"

enum { SERIAL = 0x3f8, LINE_STATUS = SERIAL + 5, TRANSMITTER_EMPTY = 0x20, KEYBOARD = 0x64, PULSE_RESET = 0xfe };

/* In the PVH start information, whose address the entry code stored. */
enum { COMMAND_LINE_OFFSET = 24 };
extern const uint64_t start_information;

static void put_character(char character)
{
    while ((port_read(LINE_STATUS) & TRANSMITTER_EMPTY) == 0)
        pause();
    port_write(SERIAL, (uint8_t)character);
}

void put_text(const char *text)
{
    for (; *text != 0; text++)
        put_character(*text);
}

void put_number(const char *name, uint64_t value)
{
    char digits[21];
    int first = sizeof digits - 1;
    digits[first] = 0;
    do
        digits[--first] = (char)('0' + (value % 10));
    while ((value /= 10) != 0);
    put_text(" ");
    put_text(name);
    put_text(" ");
    put_text(digits + first);
}

/* The text after "name=" at the start of a word of the command line. */
static const char *find(const char *name)
{
    const char *line = *(const char **)(start_information + COMMAND_LINE_OFFSET);
    if (line == 0)
        return 0;
    for (bool start = true; *line != 0; start = *line++ == ' ') {
        const char *word = line, *letter = name;
        if (!start)
            continue;
        while (*letter != 0 && *word == *letter)
            word++, letter++;
        if (*letter == 0 && *word == '=')
            return word + 1;
    }
    return 0;
}

uint64_t parameter(const char *name, uint64_t otherwise)
{
    const char *text = find(name);
    if (text == 0)
        return otherwise;
    bool hexadecimal = text[0] == '0' && text[1] == 'x';
    uint64_t value = 0;
    for (text += hexadecimal ? 2 : 0;; text++) {
        if (*text >= '0' && *text <= '9')
            value = (value * (hexadecimal ? 16 : 10)) + (uint64_t)(*text - '0');
        else if (hexadecimal && *text >= 'a' && *text <= 'f')
            value = (value * 16) + (uint64_t)(*text - 'a' + 10);
        else
            return value;
    }
}

bool is_wanted(const char *job)
{
    const char *list = find("jobs");
    if (list == 0)
        return true;
    while (*list != 0 && *list != ' ') {
        const char *letter = job;
        while (*letter != 0 && *list == *letter)
            list++, letter++;
        if (*letter == 0 && (*list == 0 || *list == ' ' || *list == ','))
            return true;
        while (*list != 0 && *list != ' ' && *list++ != ',')
            ;
    }
    return false;
}

void end(void)
{
    port_write(KEYBOARD, PULSE_RESET);
    for (;;)
        __asm__ volatile("ud2"); /* without an interrupt table: a triple fault */
}
