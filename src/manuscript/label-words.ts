/**
 * The words of labels: of the languages into which pages are translated, and of others in which
 * newsrooms write. No entry may be a word of a name of a place: Newport News, Key West, Como.
 */

/** Words that make a text a label wherever they are. */
export const LABEL_WORDS = `
  what why how who whom whose when where which whether that this these those there here
  is was were be been does did has have had can could would should must might
  you your yours we our ours me his her hers it its they them their
  for with from about into without because though while just ever still already
  live liveblog liveblogs watch watching listen listening breaking developing update updated updates
  alert urgent exclusive exclusively opinion editorial editor editors comment commentary analysis
  analyses explainer explained explaining review reviewed preview interview profile feature obituary
  obit podcast newsletter column columnist blog vlog livestream stream streaming broadcast transcript
  timeline recipe ingredients summary recap roundup overview abstract tldr brief briefing briefly
  takeaway takeaways highlights lowlights faq faqs question answer reply response note notes nb
  correction corrected clarification clarified disclaimer disclosure warning spoiler caution reminder
  tip hint advice source sources credit credits courtesy photo photos photograph photographs picture
  pictures image images video videos audio gallery graphic infographic infographics slideshow footage
  caption read also related more further recommended recommends trending latest
  advert advertisement advertorial sponsored promoted partner subscribe follow join click download
  share signup register buy shop donate vote poll quiz survey contest giveaway contact email phone
  address website url link links hashtag tags keywords topics topic category
  fact facts factbox factcheck check checked checking claim claims verdict rating ruling finding
  findings conclusion conclusions result results outcome score scores scorecard scoreline statistics
  stats numbers number figures data glance background backgrounder context introduction intro
  foreword preface epilogue conclusion details detail info information explanation definition example
  examples glossary chapter episode season volume issue appendix footnote footnotes references
  reference bibliography byline dateline reporter reporting reported correspondent moderator host
  presenter anchor narrator interviewer interviewee speaker caller author writer translator
  contributor spokesperson spokesman spokeswoman witness official officials guest reader readers
  analyst expert experts mr mrs ms dr prof professor minister senator governor chairman chairperson
  president secretary ambassador judge lawyer prosecutor doctor coach
  statement release press announcement notice bulletin communique memo headline headlines story
  stories scoop rumor rumour gossip quote quotes quotation unquote letters
  essay memoir satire humor humour cartoon comic crossword puzzle horoscope forecast outlook
  bottom takeover deeper driving zooming catch noting reality threat beware
  yes maybe important attention remember consider imagine think know need needs understand
  learn discover meanwhile however therefore moreover finally first second third fourth fifth finally
  next previous previously later now today tonight tomorrow yesterday monday tuesday wednesday
  thursday friday saturday sunday date dates time times duration deadline schedule agenda venue
  location directions admission ticket tickets price prices pricing cost costs budget fee fees salary
  winner winners loser losers pros cons verdict rated ranking rank draw odds lineup lineups squad
  substitutes attendance referee goalscorers scorers kickoff
  status method methods methodology objective objectives goal goals aim aims purpose
  problem problems solution solutions challenge challenges risk risks benefit benefits impact
  effect effects cause causes reason reasons lesson lessons implications consequences stakes
  step steps part parts section appendix item items option options requirements eligibility
  materials tools equipment servings yields difficulty directions instructions procedure
  coronavirus covid nato icymi fyi aka asap unicef unesco unhcr nasa opec fifa uefa imf wto
  cop osce asean saarc brics
  report reports investigation investigates dispatch longread photoessay
  everything nothing something anything everyone nobody somebody thing things happened happens
  happening matters says saying told tells telling asked asks wrote writes
  hello hi dear thanks thank please welcome congratulations sorry goodbye oops wow
  error errors bug bugs reminder todo todos version edition draft copyright licence license
  embargo embargoed immediate confidential
  flashback serves debunked debunk rundown readout wrap wrapup roundtable reaction reactions preparation
  spoilers teasers trivia diary postscript afterword acknowledgements acknowledgments dedication
  excerpt excerpts extract extracts synopsis prologue subtitle subhead subheading headnote
  instagram facebook twitter tiktok youtube whatsapp telegram
  webinar workshop session sessions keynote panelist panellist panelists panellists
  assumption assumptions strengths weaknesses opportunities advantages disadvantages

  direct exclusif exclusive alerte attention lire voir regarder ecouter decouvrir tribune edito
  editorial editoriaux entretien questions reponse reponses legende redaction contexte resume bref
  chiffres chiffre pourquoi comment quand quoi qui que quel quelle quels quelles rappel explications
  decryptage reportage enquete portrait chronique temoignage publicite precision correction savoir
  retenir essentiel sommaire jour aujourd hier demain maintenant aussi plus avis sondage
  communique dossier infographie diaporama entree journaliste auteur autrice invite recette
  ingredients voici voila cest verite faux vrai bilan

  urgente directo vivo hora exclusiva opinion analisis entrevista pregunta preguntas respuesta
  respuestas foto fotos fotogaleria editor redaccion aviso alerta lea vea mire tambien
  resumen contexto claves datos cifras cuando quien quienes donde porque correccion erratas cronica
  reportaje publicidad actualizacion actualizado noticia noticias ultimas columna importante
  encuesta comunicado hoy ayer autor periodista ingredientes recuerda sepa conozca
  leia veja assista ouca analise entrevista pergunta perguntas resposta respostas atencao exclusivo
  resumo aovivo noticia noticias atualizacao atualizado erramos publicidade entenda saiba confira
  leggi guarda ascolta anche analisi opinione intervista domanda domande risposta risposte
  attenzione esclusiva esclusivo ultimora aggiornamento sintesi notizie

  wichtig achtung eilmeldung kommentar anmerkung analyse hinweis lesen sehen horen frage fragen
  antwort antworten quelle quellen meinung hintergrund zusammenfassung uberblick redaktion korrektur
  exklusiv liveticker newsticker ticker was warum wie wer wo wann wieso fazit fakten faktencheck
  glosse leitartikel reportage anzeige werbung zitat chronik stichwort thema darum deshalb mehr auch
  heute gestern morgen bilder bilderstrecke rezept zutaten autorin umfrage pressemitteilung
  aktualisiert richtigstellung transparenz zahlen kurz gefasst worum gehts verstehen wissen
  vraag antwoord beeld opinie lees ook meer waarom hoe wie samenvatting achtergrond
  dikkat dakika canli ozel haber haberler haberi analiz yorum roportaj soru cevap kaynak fotograf
  fotograflar guncelleme guncellendi editorun ozet izle neden nasil kim nerede
  catatan redaksi baca juga berita opini wawancara pertanyaan jawaban terkini eksklusif penting
  perhatian ringkasan apa mengapa bagaimana siapa kapan

  важно внимание фото фотографии видео аудио срочно обновлено обновление хроника примечание эфир
  онлайн новость новости интервью мнение мнения комментарий комментарии анализ вопрос вопросы ответ
  ответы источник источники читайте смотрите слушайте также итоги итог главное кратко коротко
  справка опрос репортаж редакция редактор редактора редакции исправление уточнение реклама
  эксклюзив что как почему кто где когда зачем сколько какой какие подробнее подробности контекст
  предыстория вывод выводы факты факт цитата рецензия колонка корреспондент журналист ведущий
  ведущая гость автор заявление предупреждение молния спойлер резюме содержание вступление
  заключение дата время место цена результат результаты причина причины сегодня вчера завтра
  увага важливо терміново оновлено питання відповідь джерело читайте новини думка чому хто коли
  προσοχη φωτο φωτογραφια φωτογραφιες βιντεο εκτακτο ενημερωση αναλυση γνωμη αποψη ερωτηση
  ερωτησεις απαντηση απαντησεις πηγη πηγες σημειωση διαβαστε δειτε επισης συνεντευξη σχολιο
  διορθωση ρεπορταζ συνοψη συμπερασμα γιατι ποιος τι

  ملاحظة ملحوظة ملاحظات المحرر التحرير محرر تحرير عاجل مباشر مباشرة شاهد شاهدوا استمع فيديو فيديوهات
  صور صورة تحليل تحليلات رأي آراء خاص حصري حصريا تنويه توضيح تصحيح تحديث محدث تحديثات اقرأ اقرؤوا
  أيضا المزيد للمزيد مصدر مصادر سؤال أسئلة جواب أجوبة إجابة الإجابة إعلان إعلانات بث متابعة تابع
  تابعوا نبذة خلفية خلفيات ملخص خلاصة موجز أبرز أهم نقاط لماذا ماذا كيف متى أين هل كم مقابلة حوار
  تقرير تقارير تحقيق تحقيقات مقال مقالة افتتاحية مراسل مراسلنا مراسلتنا كاتب الكاتبة مذيع المذيعة ضيف
  الضيفة معلومة معلومات تحذير تنبيه هام مهم نتيجة نتائج سبب أسباب سياق تفاصيل آخر أخبار نشرة
  انفوجرافيك إنفوغراف بودكاست استطلاع تعليق تعليقات رسالة ترجمة كتب كتبت بقلم إعداد زمان تاريخ موعد
  توقيت عنوان هاتف ادعاء حقيقة حقائق تحقق بيان تصريح مقدمة خاتمة تعريف قال قالت قالوا أضاف
  يمكنك تعرف القصة وثائقي تذكير نصيحة نصائح مثال أمثلة خطوات مكونات طريقة سعر أسعار اقتباس
  متابعات متابعة عدد العدد ويب كواليس رصد خاطرة إضاءة لمحة
  هذا هذه ذلك التي الذي إلى عن بعد قبل كل
  توجه گزارش خبرنگار یادداشت سردبیر منبع پرسش پاسخ نکات ویدئو ویدیو عکس فوری چرا چگونه چیست مصاحبه
  گفتگو دیدگاه خلاصه اصلاحیه

  نوٹ ایڈیٹر ایڈیٹرز ادارتی ادارہ لائیو راست بریکنگ نیوز ویڈیو ویڈیوز تصاویر تصویر تصویری دیکھیں
  دیکھیے دیکھئے تجزیہ تجزیے رائے خصوصی وضاحت اپڈیٹ اپڈیٹس سوال سوالات جوابات مزید پڑھیں پڑھیے پڑھئے
  ماخذ اشتہار اہم تازہ ترین منظر رپورٹ رپورٹر رپورٹس نگار خبریں انٹرویو سنیے سنیں جانیے جانیں کیا
  کیوں کیسے کب کہاں کون کس کا کی کے کو میں سے نے ہے ہیں تھا تھی یہ وہ بھی ہی انتباہ اطلاع اعلان
  نتیجہ تعارف تفصیل تفصیلات حقائق حقیقت دعوی دعویٰ فیکٹ چیک پوڈکاسٹ متعلقہ کالم مضمون اداریہ مصنف
  آخری تاریخ وقت قیمت نتائج سکور اسکور وجہ وجوہات اثرات ٹائم لائن ضروری پیغام ردعمل بشکریہ ذرائع
  ڈیسک ویب بات معاملہ جھلکیاں میزبان مہمان بلاگ فوٹو گیلری ایکسکلوسیو سرخیاں 

  डेस्क वेब नज़र बात जानकारी मामला खास ख़ास नोट टिप्पणी संपादक सम्पादक संपादकीय लाइव ब्रेकिंग वीडियो देखें देखिए विश्लेषण सवाल सवालों जवाब
  अपडेट अपडेट्स स्रोत सोर्स पढ़ें पढ़िए पढ़े विशेष प्रश्न ताज़ा मुख्य बातें बिंदु
  एक्सक्लूसिव ओपिनियन विचार सारांश सार पृष्ठभूमि रिपोर्ट रिपोर्टर संवाददाता खबर खबरें समाचार
  न्यूज़ फोटो फोटोज तस्वीर तस्वीरें साक्षात्कार इंटरव्यू सुनें जानिए जानें क्या क्यों कैसे कब
  कहाँ कहां कौन किसने कितना का की के को में से ने है हैं था थी यह वह भी ही चेतावनी सूचना घोषणा
  स्पष्टीकरण सुधार भूल निष्कर्ष परिचय विवरण तथ्य जाँच जांच दावा सच सच्चाई फैक्ट चेक पॉडकास्ट
  विज्ञापन प्रायोजित संबंधित लेख लेखक आखिरी नवीनतम अलर्ट तारीख समय कीमत परिणाम स्कोर कारण समाधान
  असर प्रभाव टाइमलाइन एडिटर ध्यान महत्वपूर्ण ज़रूरी संदर्भ एक्सप्लेनर ब्लॉग गैलरी हाइलाइट्स सुर्खियां
  নোট লাইভ ব্রেকিং ভিডিও ছবি প্রশ্ন উত্তরঃ সূত্র পড়ুন আরও দেখুন বিশ্লেষণ মতামত সারসংক্ষেপ সম্পাদকীয়
  הערה הערת וידאו תמונות בלעדי דעה פרשנות ניתוח עדכון שאלה תשובה מקור קראו צפו ריאיון מבזק תיקון
  속보 단독 사진 영상 동영상 질문 답변 출처 기자 요약 관련기사 편집자 인터뷰 분석 사설 칼럼 정정 알림
`

/** Words that no name of a place begins with, though names may contain some of them. */
export const OPENING_WORDS = `
  the in on at by and of to no not if but so all any each some both our news good worst latest other
  another only quick au en ce cet cette ces pour das dans avec sans por sobre im zum zur eine einen auf
  حول عبر ما من في اور और
`

/** Names that begin with an article, although most texts that do so are labels. */
export const PLACE_NAMES_WITH_THE = `
  hague gambia bahamas netherlands philippines bronx valley dalles woodlands villages
`

/**
 * Texts that are labels only as a whole, because their words are also in names of places, or are
 * too short.
 */
export const LABEL_PHRASES = `
  live|the facts|the latest|the big picture|the bottom line|the big story|the fix|the gist|the upshot
  |the other side|the takeaway|the background|the backstory|the plan|the deal|the stakes|the rest
  |the play|the point|the idea|the details|the trend|the cast|the team|the law|the case|key
  |key point|key moment|key event|key player|key date|key quote|between the lines|state of play|big picture
  |news|sport|sports|business|politics|economy|health|science|technology|tech|culture|world|nation
  |national|international|local|lifestyle|entertainment|travel|weather|traffic|market|markets
  |education|environment|crime|education|music|movies|movie|film|films|television|tv|books|book|food
  |cricket|football|hockey|tennis|golf|fashion|art|arts|history|religion|society|law|finance|stocks
  |trailer|cast|director|producer|starring|genre|runtime|rated|plot|character|characters|team|teams
  |man|men|woman|women|boy|girl|voice|voices|mother|father|son|daughter|teacher|student|students
  |police|army|court|government|opposition|party|union|company|state|nation|city|town|village|country
  |male|female|anonymous|applause|laughter|crosstalk|inaudible|unknown|name|names|age|born|died|height
  |weight|size|type|model|color|colour|material|order|rules|rule|key figure|insight|insights|truth
  |myth|myths|fiction|true|false|misleading|mixture|good|bad|ugly|old|new|before|after|then
  |one|two|three|four|five|six|seven|eight|nine|ten|lead|body|text|title|subject|re|ps|p.s.|n.b.
  |end|ends|start|end note|go deeper|go|get smart|word count|photo|play|pause|stop|run|look|say
  |q|a|q & a|q and a|qa|view|the view|my view|our view|your view|cover|cover story|guide|a guide
  |press|flash|flash news|special|debate|panel|discussion|forum|speech|remarks|talk|talks|chat
  |sources say|mission|vision|values|impact|profile|focus|spotlight|insight|perspective|viewpoint
  |counterpoint|rebuttal|point|counter point|argument|thesis|hypothesis|theory|evidence|proof
  |hot take|take|angle|kicker|nut graf|lede|byline|slug|sidebar|pull quote|teaser|blurb|synopsis
  |tragedy|scandal|crisis|war|peace|ceasefire|election|elections|budget|strike|protest|earthquake
  |flood|floods|fire|storm|accident|crash|attack|blast|explosion|murder|trial|covid
  |source|fuente|fonte|fuentes|fonti|nota|notas|note|une|a la une|ici|table|tableau|table ronde
  |a lire|a savoir|a voir|a suivre|a retenir|en direct|mise a jour|note de la redaction|fe de erratas
  |en vivo|ultima hora|nota del editor|nota de la redaccion|nota da redacao|nota dell'autore|ao vivo
  |video|in diretta|diretta|dal vivo|let op|ter info|kort|tldr|zur sache|live aus|ort|datum|preis
  |son dakika|not|video haber|genel|ozet|sumber|foto|langsung|lead
  |خبر|خبر عاجل|س|ج|سج|رد|ردود|مكان|حكم|كلمة|كلمات|خلفيه|مشهد|مواقف|فكرة|قضية|قرار|رياضة|سياسة
  |اقتصاد|ثقافة|فن|فنون|صحة|علوم|تكنولوجيا|منوعات|عرب|عالم|دولي|محلي|مجتمع|أولا|ثانيا|ثالثا|رابعا|خامسا
  |الأول|الثاني|الثالث|قراءة|ختاما|أخيرا|بداية|نهاية|حل|الحل|لقاء|ندوة|هدف|أهداف|فائدة|فوائد|أضرار
  |براہ راست|اپ ڈیٹ|اپ ڈیٹس|بیان|مقام|حل|کھیل|کاروبار|شوبز|دنیا|پاکستان کی خبریں|نمبر|پس منظر|اثر
  |س ج|پہلا|دوسرا|تیسرا|صحت|سائنس|ٹیکنالوجی|سیاست|معیشت|موسم|فن|شہری|پولیس|حکومت|وزیر|وزیراعظم|صدر
  |उत्तर|पर|स्थान|खेल|राजनीति|मनोरंजन|व्यापार|स्वास्थ्य|विज्ञान|मौसम|दुनिया|देश|पुलिस|सरकार|मंत्री
  |प्रधानमंत्री|राष्ट्रपति|पहला|दूसरा|तीसरा|अंतिम|सबसे बड़ी|सवाल जवाब|एजेंसी|लाभ|हानि|नियम
  |উত্তর|주|문|답|편집자 주|질의|응답
  |注|附|按|图|圖|文|一|二|三|其一|其二|其三|第一|第二|第三|首先|其次|最后|最後|体育|體育|财经|財經
  |科技|娱乐|娛樂|国际|國際|国内|國內|社会|社會|文化|教育|健康|天气|天氣|政治|经济|經濟|军事|軍事
  |両親|父|母|男性|女性|記者|政府|警方|医生|醫生|学生|學生|老师|老師|群众|市民|居民|村民|男子|女子
  |例|例えば|表|別表|経済|国際|国内|スポーツ|芸能|天気|医療|科学|裁判|警察|被告|弁護士|検察|次|前
  |สด|ถาม|ตอบ|ข่าว|ภาพ
  |op ed|ai|box office|stock market|world cup|case study|bio|don t miss|le point|aries|taurus|gemini
  |leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|zoom in|zoom out|राय|read|see|worth noting
`

/**
 * Parts of labels in the languages that put no spaces between words: Chinese, Japanese and Thai.
 */
export const LABEL_PARTS = `
  的 了 是 吗 嗎 呢 么 麼 吧 怎 何 谁 誰 我 你 您 她 这 這 哪 您
  关注 關注 观察 觀察 综合 綜合 深度 特稿 视点 視點 予定 おことわり お詫 ひと あす
  报 報 评 評 论 論 稿 题 題 读 讀 话 話 说 說 译 訳 词 詞 访 訪
  요약 편집 기사 속보 단독 인터뷰 질문 답변 뉴스 사진 영상 출처 ข่าว ถาม ตอบ
  本报 本報 本刊 本台 关键 關鍵 数字 數字 讯 訊 注意 提示 提醒 摘要 导读 導讀 编者 編者 编辑 編輯 责编 主编 总编 總編 编注 记者 記者 快讯 快訊 直播
  视频 視頻 影片 图集 圖集 图片 圖片 组图 組圖 图说 圖說 图文 更新 独家 獨家 评论 評論 分析 问 問 答
  来源 來源 更正 另见 观点 觀點 核心 要点 要點 要闻 要聞 背景 简介 簡介 总结 總結 小结 结论 結論 结语
  说明 說明 声明 聲明 公告 通知 通告 新闻 新聞 消息 报道 報道 報導 专访 專訪 采访 採訪 访谈 訪談 社论
  社論 社评 社評 专题 專題 热点 熱點 头条 頭條 突发 突發 最新 时间 時間 地点 地點 日期 作者 译者 嘉宾
  主持 受访 链接 鏈接 连结 推荐 推薦 阅读 閱讀 延伸 相关 相關 点击 點擊 标题 標題 事件 回顾 回顧 解读
  解讀 解析 详情 詳情 重点 重點 亮点 亮點 提要 内容 內容 导语 導語 前言 引言 序言 后记 後記 事实 事實
  真相 谣言 謠言 辟谣 核查 查证 結果 结果 比分 价格 價格 免责 免責 广告 廣告 赞助 版权 版權 读者 讀者
  网友 網友 专家 專家 律师 律師 官方 发言人 發言人 总统 總統 总理 總理 主席 部长 部長 教授 概述 综述
  快评 时评 锐评 点评 短评 述评 首发 实况 實況 滚动 预告 预警 警告 小贴士 贴士 知识 因为 为什 為什 如何
  影响 影響 理由 原因 方法 目的 建议 建議 电话 電話 地址 票价 主办 问答 投票 调查显示 看点 看點 盘点
  要旨 社説 速報 動画 写真 独自 訂正 関連 記事 編集 質問 回答 解説 論説 取材 概要 要約 結論 詳細 特集
  連載 会見 発言 出典 参考 提供 撮影 筆者 司会 続報 号外 中継 放送 番組 予告 広告 注目 緊急 警報 注釈
  補足 備考 目次 日時 場所 会場 料金 対象 本文 天声 余録 解答 疑問 対策 事項 動向 話題 声明 主張 時評
  論点 焦点 視点 見解 コラム 寄稿 投稿 一問一答 談話 短信 寸評 抄録 全文 識者 専門家 大統領 首相 監督
  ライブ ニュース ポイント コメント インタビュー レポート リポート ルポ ビデオ アップデート スクープ
  フォト ギャラリー ランキング アンケート クイズ キーワード トピック ハイライト スタジオ レシピ メモ
  まとめ お知 おすすめ あらすじ ひとこと です ます した する ください を
  หมายเหตุ ถ่ายทอดสด ด่วน วิเคราะห์ อัปเดต อัพเดต คลิป วิดีโอ คำถาม คำตอบ ที่มา บทความ ความเห็น
  สรุป อ่าน สัมภาษณ์ ข่าวด่วน ล่าสุด พิเศษ บรรณาธิการ คำเตือน รายงาน ประกาศ ทำไม อะไร อย่างไร
`
