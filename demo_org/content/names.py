"""Names of the crowd: given and family names by country, each with its spelling in a username."""

import unicodedata

NAMES: dict[str, tuple[str, str, str]] = {
    "DE": (
        "Anneliese Jürgen Sabine Käthe Björn Ursula Götz Heike",
        "Müller Schäfer Weiß Großmann Kühn Brandt Vogel Lang",
        "de-DE",
    ),
    "PL": (
        "Łucja Stanisław Małgorzata Bożena Zbigniew Agnieszka Paweł Jacek",
        "Kowalczyk Wiśniewska Zając Górski Mazur Pająk Żak Sikora",
        "pl-PL",
    ),
    "FR": (
        "Éloïse François Hélène Benoît Chloé Gaël Maëlle Rémi",
        "Lefèvre Dubois Gaudin Béranger Moreau Fabre Noël Roussel",
        "fr-FR",
    ),
    "IE": (
        "Siobhán Ciarán Niamh Eoin Róisín Declan Gráinne Fergus",
        "O'Connor O'Dowd Ní-Dhomhnaill MacBride Kavanagh Walsh Doyle Ó-Sé",
        "en-IE",
    ),
    "BR": (
        "Luíza Tomás Conceição Caetano Fátima Rogério Inácio Débora",
        "Gonçalves Araújo Simões Barbosa Teixeira Magalhães Rocha Lobão",
        "pt-BR",
    ),
    "TR": (
        "Çiğdem Ömer Şule Gökhan İpek Uğur Zeynep Kaan",
        "Yıldız Öztürk Şahin Çelik Güneş Doğan Aksoy Uçar",
        "tr-TR",
    ),
    "JP": (
        "浩:hiroshi 由美:yumi 健太:kenta 恵子:keiko 大輔:daisuke 真央:mao 翔太:shota 美咲:misaki",
        "佐藤:sato 鈴木:suzuki 高橋:takahashi 渡辺:watanabe 伊藤:ito 山本:yamamoto 中村:nakamura 小林:kobayashi",
        "ja-JP",
    ),
    "AE": (
        "ليلى:layla خالد:khalid فاطمة:fatima يوسف:yusuf مريم:maryam سعيد:saeed هند:hind طارق:tariq",
        "المنصوري:mansouri النعيمي:nuaimi الكعبي:kaabi الشامسي:shamsi "
        "الهاشمي:hashimi الزعابي:zaabi البلوشي:balushi الظاهري:dhaheri",
        "ar-AE",
    ),
    "GR": (
        "Ελένη:eleni Γιώργος:giorgos Μαρία:maria Νίκος:nikos Άννα:anna Κώστας:kostas Σοφία:sofia Πέτρος:petros",
        "Παπαδοπούλου:papadopoulou Νικολάου:nikolaou Γεωργίου:georgiou Δήμου:dimou "
        "Λάμπρου:lamprou Ρήγα:riga Κόκκινος:kokkinos Μάνος:manos",
        "el-GR",
    ),
    "IN": (
        "आरव:aarav दीया:diya रोहन:rohan अनन्या:ananya विक्रम:vikram मीरा:meera अर्जुन:arjun काव्या:kavya",
        "शर्मा:sharma पटेल:patel गुप्ता:gupta रेड्डी:reddy मेहता:mehta जोशी:joshi नायर:nair वर्मा:varma",
        "hi-IN",
    ),
}
"""By country: given names, family names, locale. What has no Latin letters is followed by its transcription."""

_PLAIN = str.maketrans(
    {"ł": "l", "ß": "ss", "ı": "i", "İ": "I", "'": "", "-": "", "ø": "o", "ğ": "g", "ş": "s", "ç": "c"}
)


def _spelled(name: str) -> dict[str, str]:
    native, _, transcription = name.partition(":")
    plain = unicodedata.normalize("NFKD", (transcription or native).translate(_PLAIN)).lower().translate(_PLAIN)
    return {"native": native.replace("-", " "), "plain": "".join(letter for letter in plain if letter.isascii())}


def name_rows() -> list[dict[str, str]]:
    """Returns every full name: country, locale, given and family name, and both as a username spells them."""
    return [
        {
            "country": country,
            "locale": locale.replace("-", "_"),
            "given": given["native"],
            "family": family["native"],
            "plain_given": given["plain"],
            "plain_family": family["plain"],
        }
        for country, (given_names, family_names, locale) in NAMES.items()
        for given in map(_spelled, given_names.split())
        for family in map(_spelled, family_names.split())
    ]
