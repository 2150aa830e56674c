using Virtio.Vmm.Boards.Riscv;

namespace Virtio.Vmm.Tests.Boards.Riscv;

public sealed class FlattenedDeviceTreeTests
{
    [Fact]
    public void Dtc_reads_every_kind_of_property_back()
    {
        var tree = new FlattenedDeviceTree();
        tree.Node("", () =>
        {
            tree.Cells("#address-cells", 2);
            tree.Cells("#size-cells", 0);
            tree.Text("compatible", "first,one", "second,two");
            tree.Flag("here");
            tree.Bytes("three-bytes", [1, 2, 3]);
            tree.Node("child@123456789", () => tree.Quads("reg", 0x1_2345_6789));
        });

        var source = DeviceTreeCompiler.Decompile(tree.ToArray());

        Assert.Matches("compatible = \"first,one(\", \"|\\\\0)second,two\";", source); // dtc has written lists in both ways
        Assert.Contains("here;", source, StringComparison.Ordinal);
        Assert.Contains("three-bytes = [01 02 03];", source, StringComparison.Ordinal);
        Assert.Contains("child@123456789 {", source, StringComparison.Ordinal);
        Assert.Contains("reg = <0x01 0x23456789>;", source, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_used_twice_is_stored_once()
    {
        static byte[] Make(string second)
        {
            var tree = new FlattenedDeviceTree();
            return tree.Node("", () =>
            {
                tree.Flag("a-long-name-for-a-property");
                tree.Node("child", () => tree.Flag(second));
            }).ToArray();
        }

        Assert.True(Make("a-long-name-for-a-property").Length < Make("b-long-name-for-a-property").Length);
    }

    [Fact]
    public void Its_size_field_is_its_length()
    {
        var tree = new FlattenedDeviceTree();
        var blob = tree.Node("", () => tree.Text("model", "x")).ToArray();

        Assert.Equal(blob.Length, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(blob.AsSpan(4)));
        Assert.Equal(0xd00dfeed, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(blob));
    }
}
