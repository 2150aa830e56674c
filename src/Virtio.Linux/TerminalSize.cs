namespace Virtio.Linux;

/// <summary>The size of a terminal in characters.</summary>
/// <param name="Columns">Columns; 0 when unknown.</param>
/// <param name="Rows">Rows; 0 when unknown.</param>
public readonly record struct TerminalSize(ushort Columns, ushort Rows);
