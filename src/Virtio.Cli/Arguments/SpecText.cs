using System.Text;

namespace Virtio.Cli.Arguments;

/// <summary>
/// A SPEC of the command line: a thing, then options, each after a comma. A double comma stands for a comma within a word:
/// <c>a,,b.img,ro</c> is the file <c>a,b.img</c>, read-only. All SPECs are split by this rule.
/// </summary>
/// <param name="Thing">The first word; may be empty.</param>
/// <param name="Options">The options in order; one may be empty.</param>
internal sealed record SpecText(string Thing, IReadOnlyList<string> Options)
{
    private const string CommaRule = "a comma that belongs to a path or URL is written ',,'";

    internal static SpecText Parse(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != ',')
            {
                word.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == ',')
            {
                word.Append(',');
                i++;
            }
            else
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }

        words.Add(word.ToString());
        return new SpecText(words[0], words[1..]);
    }

    /// <summary>The error for an unknown option.</summary>
    /// <param name="what">The option of the command line and its value.</param>
    /// <param name="word">The option of the SPEC.</param>
    /// <param name="known">The known options; empty for none.</param>
    internal static UsageException Unknown(string what, string word, string known)
    {
        string fault = word.Length == 0 ? "an option is empty" : $"unknown option '{word}'";
        return new($"{what}: {fault}; {(known.Length == 0 ? "it takes none" : $"there are {known}")}; {CommaRule}");
    }
}
